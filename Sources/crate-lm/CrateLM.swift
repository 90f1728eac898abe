import ArgumentParser
import Glibc
import Storage

@main
struct CrateLM: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crate-lm",
    abstract: "White-box language models, trained from a text file.",
    discussion: """
      From a text to a model in four commands:

        crate-lm tokenizer train book.txt --vocab-size 4096 -o tokenizer
        crate-lm data pack book.txt --tokenizer tokenizer -o data
        crate-lm pretrain --data data -o run --preset tiny
        crate-lm generate --model run --prompt "It was"
      """,
    version: Program.version,
    subcommands: [
      TokenizerCommand.self, DataCommand.self, Pretrain.self, EvaluateCommand.self, Score.self,
      Generate.self, FillMask.self, ImportCommand.self, ExportCommand.self,
      CheckpointCommand.self, BenchCommand.self, Doctor.self,
    ])

  static func main() {
    // A reader of our output that goes away, such as `head`, has seen enough; it is noticed where
    // output is written.
    signal(SIGPIPE, SIG_IGN)
    do {
      let arguments = Array(CommandLine.arguments.dropFirst())
      var command = try parseAsRoot(ConfigurationFile.expand(arguments))
      try command.run()
    } catch {
      exit(with: error)
    }
  }

  /// Ends with the parser's own text and status for its errors, with a sentence and the status of
  /// ``ExitStatus`` for ours.
  private static func exit(with error: any Error) -> Never {
    if let error = error as? FileError, error.isClosedOutput { Glibc.exit(EXIT_SUCCESS) }
    guard let status = ExitStatus(error) else { exit(withError: error) }
    StandardError.print("Error: \("\(error)".printable)")
    Glibc.exit(status.rawValue)
  }
}

/// The program's own identity.
enum Program {
  /// The version, recorded in every run.
  static let version = "0.1.0"
}
