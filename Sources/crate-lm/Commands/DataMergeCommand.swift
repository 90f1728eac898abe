import ArgumentParser
import CRATELM
import Storage
import SystemPackage
import TextModels

/// Data directories as one.
struct DataMergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Join data directories that one tokenizer made.",
    discussion: """
      Machines may pack parts of a corpus side by side. The tokens of the new directory are those \
      of the others, one after the other, in each split; every shard is checked while it is copied. \
      The directory appears when it is complete.

        crate-lm data merge part-1 part-2 part-3 -o data
      """)

  @Argument(help: "Data directories, made by 'data pack' with one tokenizer.")
  var directories: [PathArgument]

  @Option(name: [.short, .long], help: "The data directory to make.")
  var output: String

  @Flag(help: "Replace the data directory at the output.")
  var overwrite = false

  @OptionGroup var report: ReportOptions

  func run() throws {
    let merge = try DataMerge(directories.map { try TokenData(directory: $0.path) })
    var progress = InputProgress("Copying", byteCount: merge.shardByteCount, quiet: report.quiet)
    defer { progress.clear() }
    StopRequest.listen { [report] in report.note("Stopping with the next piece.") }
    do {
      let data = try merge.write(to: RawBytes.path(output), overwrites: overwrite) {
        if StopRequest.isMade { throw CancellationError() }
        progress.update($0)
      }
      progress.clear()
      try report.print(DataReport(data: data))
      let documents = data.manifest.train.documents + data.manifest.validation.documents
      if data.manifest.endOfDocument == nil, documents > 1 {
        report.note(
          "Nothing stands between the \(documents.counting("document")): a model does not learn "
            + "where to end; 'data pack --end-of-document' puts a token there.")
      }
    } catch  where StopRequest.isMade {
      progress.clear()
      report.note("Stopped: nothing was made, and what was at \(output) is as it was.")
      StopRequest.obey()
    }
  }
}
