public import ArgumentParser
public import CRATELM
import SystemPackage
import TextModels

/// Models and logs for other programs.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a model, or the log of a run, in a form for other programs.",
    subcommands: [ExportModel.self, ExportMetrics.self], defaultSubcommand: ExportModel.self)
}

/// A model for other programs.
struct ExportModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Write a model in a form for other programs; 'model' may be left out.",
    discussion: """
      Formats:

        huggingface  a directory for AutoModelForCausalLM or AutoModelForMaskedLM
                     and AutoTokenizer of the transformers library, loaded with
                     trust_remote_code=True; its README.md is a model card
        safetensors  the weights under this program's names, with its config.json

      'crate-lm import' reads both back, bit for bit.
      """)

  @OptionGroup var input: ModelPath

  @Option(help: "The form to write.")
  var format: ModelExport.Format

  @Option(name: [.short, .long], help: "The directory to make.")
  var output: String

  @OptionGroup var report: ReportOptions

  func run() throws {
    let loaded = try TextModel(input.path, notes: report.notes)
    let card = try ModelCard(
      StoredModel(at: RawBytes.path(input.path)), tokenizer: loaded.fingerprint)
    try loaded.export(format, to: RawBytes.path(output), card: card)
    guard report.json else { return report.note("\(output) holds the model.") }
    let fields: JSONFields = [
      "output": output, "format": format.rawValue, "parameters": loaded.model.parameterCount,
    ]
    try StandardOutput.print(fields)
  }
}

extension ModelExport.Format: ExpressibleByArgument {}
