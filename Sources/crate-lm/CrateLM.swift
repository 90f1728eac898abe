import ArgumentParser
import Glibc
import Storage
import TextModels

@main
struct CrateLM: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crate-lm",
    abstract: "White-box language models, trained from a text file.",
    discussion: """
      From a text to a model that writes:

        crate-lm train book.txt -o book --time 10m
        crate-lm generate book --prompt "It was"

      'train' prints the commands it stands for, which can be given one by one:

        crate-lm tokenizer train book.txt --vocab-size 4096 -o tokenizer
        crate-lm data pack book.txt --tokenizer tokenizer -o data
        crate-lm pretrain --data data -o run --preset tiny --epochs 10

      Results go to standard output, progress and notes to standard error. Exit status: 0 done, \
      64 wrong usage, 65 damaged or foreign data, 66 input missing, 73 output exists or cannot be \
      made, 74 reading or writing failed, 75 stopped with a checkpoint saved, 76 training diverged.
      """,
    version: Program.version,
    subcommands: [
      Train.self, TokenizerCommand.self, DataCommand.self, Pretrain.self, EvaluateCommand.self,
      Score.self, Generate.self, FillMask.self, AnalyzeCommand.self, ReportCommand.self, Plot.self,
      Compare.self, ImportCommand.self, ExportCommand.self, CheckpointCommand.self,
      BenchCommand.self, Doctor.self,
    ])

  static func main() {
    // A reader such as `head` may close our output early; the write that fails then tells.
    signal(SIGPIPE, SIG_IGN)
    let arguments = RawBytes.arguments
    let (type, name) = command(of: arguments)
    var file: ConfigurationFile?
    do {
      try requireKnown(arguments)
      let table = OptionTable(type)
      file = try ConfigurationFile(namedIn: arguments, table)
      let words = table.separatingValues(arguments)
      var command = try parseAsRoot(file?.expand(words) ?? words)
      try table.requireSingle(arguments)
      try command.run()
    } catch {
      let message = (error as? ValidationError)?.message ?? plainWords(error, type)
      if let sentence = file?.locate(message ?? Self.message(for: error)) ?? message {
        StandardError.print(
          "Error: \(sentence.printable)\n  See '\(name) --help' for more information.")
        Glibc.exit(ExitStatus.wrongUsage.rawValue)
      }
      exit(with: error)
    }
  }

  /// The command that `arguments` begin with, and its whole name.
  private static func command(
    of arguments: [String]
  ) -> (type: any ParsableCommand.Type, name: String) {
    var (type, name): (any ParsableCommand.Type, String) = (Self.self, _commandName)
    for word in arguments {
      guard let next = type.subcommand(word) else { break }
      (type, name) = (next, "\(name) \(word)")
    }
    if let usual = type.configuration.defaultSubcommand { type = usual }
    return (type, name)
  }

  /// Refuses a word in the place of a command that is none, behind 'help' too.
  ///
  /// - Throws: `ValidationError` with the command that is meant, or those that there are.
  private static func requireKnown(_ arguments: [String]) throws {
    // The parser explains its own command.
    if arguments.prefix(2) == ["help", "help"] { return }
    let isHelp = arguments.first == "help"
    var (type, name): (any ParsableCommand.Type, String) = (Self.self, _commandName)
    for word in arguments.dropFirst(isHelp ? 1 : 0) {
      let names = type.configuration.subcommands.map { $0._commandName }
      let takesCommands = !names.isEmpty && type.configuration.defaultSubcommand == nil
      guard takesCommands || isHelp, !word.hasPrefix("-") else { return }
      guard let next = type.subcommand(word) else {
        let remedy =
          if word == "help" {
            "; '\(name) --help' explains it"
          } else if let near = Spelling.nearest(to: word, among: names) {
            ". Did you mean '\(near)'?"
          } else if names.isEmpty {
            "; '\(name)' has no commands"
          } else {
            "; expected one of: \(names.joined(separator: ", "))"
          }
        throw ValidationError(
          "'\(name) \(word)' is no command\(remedy)" + (remedy.hasSuffix("?") ? "" : "."))
      }
      (type, name) = (next, "\(name) \(word)")
    }
  }

  /// The parser's sentence on words that are no values of options, with what to do instead; `nil`
  /// for another `error`.
  private static func plainWords(
    _ error: any Error, _ type: any ParsableCommand.Type
  ) -> String? {
    let message = Self.message(for: error)
    guard message.prefixMatch(of: /Unexpected argument '|\d+ unexpected arguments: '/) != nil else {
      return nil
    }
    let plain = OptionTable(type).plainArguments
    let expected = plain.isEmpty ? "options only" : "\(plain.joined(separator: " ")) and options"
    let remedy = PlainWords.remedy(for: type).map { ": \($0)" } ?? ""
    return "\(message); expected \(expected)\(remedy)."
  }

  /// Ends with the parser's text and status for its own errors, with a sentence and a status of
  /// ``ExitStatus`` for others.
  private static func exit(with error: any Error) -> Never {
    if let error = error as? FileError, error.isClosedOutput { Glibc.exit(EXIT_SUCCESS) }
    guard let status = ExitStatus(error) else { exit(withError: error) }
    if case InputError.several(let errors) = error {
      StandardError.print("Error: \(errors.count) files cannot be read as text:")
      for error in errors { StandardError.print("  \("\(error)".printable)") }
    } else {
      StandardError.print("Error: \("\(error)".printable)")
    }
    Glibc.exit(status.rawValue)
  }
}

extension ParsableCommand {
  /// The subcommand with a name.
  fileprivate static func subcommand(_ name: String) -> (any ParsableCommand.Type)? {
    configuration.subcommands.first { $0._commandName == name }
  }
}

/// Text to token ids and back.
struct TokenizerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer",
    abstract: "Train, apply, inspect and convert tokenizers.",
    subcommands: [
      TokenizerTrain.self, TokenizerEncode.self, TokenizerDecode.self, TokenizerInspect.self,
      TokenizerConvert.self,
    ])
}

/// Text as shards of token ids.
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Pack text into shards of token ids; join, inspect, check and print them.",
    subcommands: [
      DataPack.self, DataMergeCommand.self, DataInspect.self, DataVerify.self, DataRead.self,
    ])
}

/// Measures of a model's predictions.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure how well a model predicts text.",
    subcommands: [
      EvaluatePerplexity.self, EvaluateBLiMP.self, EvaluateLAMBADA.self, EvaluateChoice.self,
    ])
}

/// What goes on inside a model.
struct AnalyzeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze",
    abstract: "Look inside a model.",
    discussion: """
      Layers, heads and units count from 0. docs/analysis.md has the definition of every number.
      """,
    subcommands: [
      AnalyzeLayers.self, AnalyzeText.self, AnalyzeAttention.self, AnalyzeActivations.self,
    ])
}

/// Trained states on disk.
struct CheckpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint",
    abstract: "Inspect runs, checkpoints and files of tensors, and check every bit of them.",
    subcommands: [CheckpointInspect.self, CheckpointVerify.self])
}

/// Measurements of this machine and this program.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure the speed of this program on this machine.",
    subcommands: [BenchGEMM.self, BenchTokenizer.self, BenchTraining.self, BenchGeneration.self])
}

/// The program's own identity.
enum Program {
  /// The version, recorded in every run.
  static let version = "0.1.0"
}
