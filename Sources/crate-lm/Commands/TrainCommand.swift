import CRATELM
import Storage
import SystemPackage
import TextModels

/// A command that `train` stands for, as its words.
struct TrainCommand: CustomStringConvertible {
  let action: TextTraining.Action
  /// The words that name the command.
  private let names: [String]
  /// Its options and arguments.
  let options: [String]

  /// The line as a user types it.
  var description: String {
    (["crate-lm"] + names + options).map(\.shellWord).joined(separator: " ")
  }

  init(
    _ action: TextTraining.Action, in directory: TrainingDirectory, _ training: TextTraining,
    threads: ThreadOptions, report: ReportOptions
  ) {
    self.action = action
    var words: [String]
    switch action {
    case .learnVocabulary:
      names = ["tokenizer", "train"]
      words = Self.learning(in: directory, training)
    case .pack:
      names = ["data", "pack"]
      let fraction = training.textSizes.validationFraction
      words =
        Self.text(training) + Self.option("max-bytes", training.textSizes.readBytes)
        + ["--tokenizer", directory.tokenizer.string, "-o", directory.data.string]
        + ["--validation", "\(fraction)"]
    case .begin, .goOn, .decay, .finish, .extend:
      names = ["pretrain"]
      words = ["--data", directory.data.string, "-o", directory.run.path.string]
      words += Self.pretraining(action, training)
    }
    options = words + Self.option("threads", threads.threads) + (report.quiet ? ["--quiet"] : [])
  }

  private static func option(_ name: String, _ value: (some Any)?) -> [String] {
    value.map { ["--\(name)", "\($0)"] } ?? []
  }

  /// The inputs, none of which looks like an option.
  private static func text(_ training: TextTraining) -> [String] {
    training.inputs.map { $0.hasPrefix("-") ? "./\($0)" : $0 }
      + TextOptions.words(for: training.form)
  }

  private static func learning(
    in directory: TrainingDirectory, _ training: TextTraining
  ) -> [String] {
    let sizes = training.textSizes
    var words = text(training)
    words += option("max-bytes", sizes.vocabularyBytes ?? sizes.readBytes)
    words += ["--vocab-size", "\(sizes.vocabularySize)", "-o", directory.tokenizer.string]
    if training.objective.examples == .hiddenTokens {
      // Room for the characters of any script, each of which may have two tokens.
      words += ["--type", "wordpiece", "--lowercase"]
      words += ["--limit-alphabet", "\(sizes.vocabularySize / 4)"]
    }
    // A killed process may have left a part of it.
    if FileSystem.kind(of: directory.tokenizer) != nil { words += ["--overwrite"] }
    return words
  }

  private static func pretraining(
    _ action: TextTraining.Action, _ training: TextTraining
  ) -> [String] {
    let resuming = ["--resume", "auto"]
    func limit(_ seconds: Int) -> [String] { ["--max-time", "\(seconds)s"] }
    switch action {
    case .begin(let seconds): return beginning(training) + limit(seconds)
    case .goOn(let seconds): return resuming + limit(seconds)
    case .decay(let steps): return resuming + ["--decay-now", "--decay", "\(steps)"]
    case .extend(let steps, let seconds):
      let share = TrainingConfiguration.usualDecayShare
      return resuming + ["--steps", "\(steps)", "--decay", "\(share)"] + limit(seconds)
    case .finish, .learnVocabulary, .pack: return resuming
    }
  }

  private static func beginning(_ training: TextTraining) -> [String] {
    guard let sizes = training.runSizes else { return [] }
    var words: [String] = []
    if training.objective != .causal { words += ["--objective", training.objective.rawValue] }
    for (name, value) in [
      ("depth", sizes.depth), ("width", sizes.width), ("heads", sizes.headCount),
      ("context", sizes.contextLength), ("batch", sizes.batch), ("steps", sizes.steps),
      ("eval-tokens", sizes.validationTokens),
    ] {
      words += option(name, value)
    }
    if sizes.dropout > 0 { words += option("dropout", sizes.dropout) }
    if let precision = training.precision, precision != .fp32 {
      words += option("precision", precision.rawValue)
    }
    return words + option("seed", training.seed)
  }
}
