import ArgumentParser
import CRATELM
import Storage
import SystemPackage
import TextModels

/// A page for runs.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a page about runs, to look at in a browser.",
    discussion: """
      One file of HTML that needs nothing else: losses, learning rate and speed, the layers through \
      training (pretrain --analyze-every), samples, settings and warnings; several runs side by \
      side. A run may still be training. An earlier page is replaced, no other file is.

        crate-lm report run -o run.html
        crate-lm report run-1 run-2 -o both.html
      """)

  @OptionGroup var input: RunPaths

  @Option(name: [.short, .long], help: "The file to write.")
  var output: String

  @OptionGroup var notes: NoteOptions

  func run() throws {
    try Picture(RunPage(RunSummary.all(input.histories())).html()).write(to: FilePath(output))
    notes.note("\(output) shows \(input.runs.joined(separator: ", ")).")
  }
}

/// The runs that a command is about.
struct RunPaths: ParsableArguments {
  @Argument(help: "The directories of runs, or of 'train'.")
  var runs: [String]

  /// The past of each.
  ///
  /// - Throws: `FileError`, `CheckpointError`, `ConfigurationError`.
  func histories() throws -> [RunHistory] {
    try runs.map { try RunHistory(TrainingDirectory.run(at: FilePath($0))) }
  }
}
