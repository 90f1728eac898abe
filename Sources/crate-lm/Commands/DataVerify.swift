import ArgumentParser
import CRATELM
import SystemPackage

/// A check of every byte of a data directory.
struct DataVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Read a whole data directory and check every token and checksum.")

  @Argument(help: "The data directory.")
  var directory: String

  @OptionGroup var report: ReportOptions

  func run() throws {
    let data = try TokenData(directory: FilePath(directory))
    var progress = InputProgress(
      "Verifying", byteCount: data.shardByteCount, quiet: report.quiet)
    defer { progress.clear() }
    try data.verify { progress.update($0) }
    progress.clear()
    let numbers = DataReport(data)
    if report.json {
      try JSONOutput.print(numbers.json)
    } else {
      try StandardOutput.write(
        "\(directory): \(numbers.tokens) tokens in \(numbers.shards) shards, all sound.\n")
    }
  }
}
