public import ArgumentParser
public import CRATELM
import Storage
import SystemPackage
import Tokenizer

/// A model for other programs.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a model for other programs.",
    discussion: """
      huggingface: a directory that AutoModelForCausalLM or AutoModelForMaskedLM of the transformers \
      library loads with trust_remote_code=True, and AutoTokenizer with it. safetensors: the weights \
      under this program's names, with its config.json. 'crate-lm import' reads both, bit for bit.
      """)

  @Option(help: "A run, one of its checkpoints, or an exported directory.")
  var model: String

  @Option(help: "For whom: huggingface or safetensors.")
  var format: ModelExport.Format

  @Option(name: [.short, .long], help: "The directory to make.")
  var output: String

  @OptionGroup var report: ReportOptions

  func run() throws {
    let loaded = try LoadedModel(model, quiet: report.quiet)
    let settings = TokenizerSettings(
      loaded.tokenizer, contextLength: loaded.model.configuration.contextLength,
      objective: loaded.model.configuration.objective)
    var files = [(name: TokenizerFile.name, bytes: loaded.tokenizer.serialized())]
    if format == .huggingFace {
      files.append((name: TokenizerSettings.fileName, bytes: settings.serialized))
    }
    try ModelExport(
      loaded.model, tokenizer: loaded.fingerprint, tokenizerFiles: files, roles: settings.ids
    ).write(format, to: FilePath(output))
    if report.json {
      try JSONOutput.print(
        .members([
          ("output", .string(output)), ("format", .string(format.rawValue)),
          ("parameters", .count(loaded.model.parameterCount)),
        ]))
    } else {
      report.note("\(output) holds the model.")
    }
  }
}

extension ModelExport.Format: ExpressibleByArgument {}
