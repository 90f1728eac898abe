import ArgumentParser
import CRATELM
import SystemPackage

/// The numbers of a data directory.
struct DataInspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Print what a data directory holds.")

  @Argument(help: "The data directory.")
  var directory: String

  @OptionGroup var report: ReportOptions

  func run() throws {
    try DataReport(TokenData(directory: FilePath(directory))).print(asJSON: report.json)
  }
}
