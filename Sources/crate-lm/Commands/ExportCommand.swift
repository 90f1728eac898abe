public import ArgumentParser
public import CRATELM
import SystemPackage
import TextModels

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

  @OptionGroup var input: ModelPath

  @Option(help: "For whom: huggingface or safetensors.")
  var format: ModelExport.Format

  @Option(name: [.short, .long], help: "The directory to make.")
  var output: String

  @OptionGroup var report: ReportOptions

  func run() throws {
    let loaded = try TextModel(input.model, notes: report.notes)
    try loaded.export(format, to: FilePath(output))
    guard report.json else { return report.note("\(output) holds the model.") }
    let fields: JSONFields = [
      "output": output, "format": format.rawValue, "parameters": loaded.model.parameterCount,
    ]
    try StandardOutput.print(fields)
  }
}

extension ModelExport.Format: ExpressibleByArgument {}
