import ArgumentParser
import CRATELM
import Storage
import SystemPackage

/// What a run or checkpoint is.
struct CheckpointInspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Print what a run, checkpoint or file of tensors holds.")

  @Argument(help: "A run, a checkpoint, an exported directory, or a .safetensors or .pt file.")
  var path: String

  @Flag(help: "Print every tensor's name, type and shape; --json always has them.")
  var tensors = false

  @OptionGroup var report: ReportOptions

  func run() throws {
    let summary = try StoredSummary(at: FilePath(path))
    if report.json {
      try JSONOutput.print(summary.json)
    } else {
      try StandardOutput.write(summary.text(withTensors: tensors) + "\n")
    }
  }
}
