import ArgumentParser
import CRATELM
import Storage

/// Whether a model finds the right one of several endings.
struct EvaluateChoice: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "choice",
    abstract: "Measure how often the right ending of a context is the most probable one.",
    discussion: """
      Lines such as {"context": "The sky is", "endings": ["blue", "square"], "label": 0}. An \
      ending's score is the sum of its tokens' log-probabilities after the context. As in \
      lm-evaluation-harness the accuracy takes the ending of the largest score, acc_norm of the \
      largest score per character and acc_bytes per byte of the ending; of equals the first.
      """)

  @OptionGroup var input: ModelPath

  @Argument(help: "Files of contexts and endings, or directories of .jsonl files.")
  var files: [String]

  @Option(help: "Put between a context and an ending. (default: a space)")
  var delimiter = " "

  @OptionGroup var scoring: ScoringOptions
  @OptionGroup var report: ReportOptions

  /// The right ending of an example and the endings.
  private struct Example {
    let label: Int
    let endings: [String]

    init(_ line: TaskLine) throws(InputError) {
      guard let values = line["endings"]?.array, values.count > 1 else {
        throw line.missing("a list of at least two texts", "endings")
      }
      let endings = values.compactMap(\.string)
      guard endings.count == values.count, !endings.contains("") else {
        throw line.error("expected texts that are not empty in the field endings")
      }
      guard let label = line["label"]?.integer, (0..<Int64(endings.count)).contains(label) else {
        throw line.missing("the number of an ending, 0 to \(endings.count - 1),", "label")
      }
      (self.label, self.endings) = (Int(label), endings)
    }

    /// Whether the ending of the largest score per `length` is the right one.
    func isRight(_ scores: [Double], per length: (String) -> Int) -> Bool {
      let values = zip(scores, endings).map { $0 / Double(length($1)) }
      return values.firstIndex(of: values.max() ?? 0) == label
    }
  }

  func run() throws {
    let loaded = try scoring.use.load(input.model, quiet: report.quiet)
    let scorer = try scoring.scorer(loaded)
    var encoder = try TaskEncoder(loaded, scorer: scorer)
    var (sum, perCharacter, perByte) = (Accuracy(), Accuracy(), Accuracy())
    try TaskLine.score(
      files, kind: "contexts", quiet: report.quiet, by: scorer.logProbabilities
    ) { line in
      let context = try line.text("context")
      let example = try Example(line)
      let passages = try example.endings.map {
        try encoder.passage(context: context, continuation: delimiter + $0, line: line)
      }
      return (example, passages)
    } finish: { example, values in
      let scores = values.map { $0.reduce(0, +) }
      sum.add(example.isRight(scores) { _ in 1 })
      perCharacter.add(example.isRight(scores) { $0.unicodeScalars.count })
      perByte.add(example.isRight(scores) { $0.utf8.count })
    }
    let settings = EvaluationSettings(loaded, metric: scorer.metric)
    try report.print(
      text: """
        accuracy        \(sum.text) examples
        per character   \(perCharacter.text) examples (acc_norm)
        per byte        \(perByte.text) examples (acc_bytes)
        \(settings.text)
        """,
      json: [
        "accuracy": sum.value, "acc_norm": perCharacter.value, "acc_bytes": perByte.value,
        "standard_error": sum.standardError, "examples": sum.count,
      ] + settings.fields)
  }
}
