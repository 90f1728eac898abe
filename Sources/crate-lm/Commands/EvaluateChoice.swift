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

  @Option(help: "A run, one of its checkpoints, or an exported directory.")
  var model: String

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
    let loaded = try LoadedModel(
      model, weights: scoring.format.weights, threads: scoring.threads.count, quiet: report.quiet)
    let scorer = try scoring.scorer(loaded)
    var encoder = try TaskEncoder(loaded, scorer: scorer)
    var (sum, perCharacter, perByte) = (Accuracy(), Accuracy(), Accuracy())
    let progress = ScoringProgress(quiet: report.quiet)
    do {
      defer { progress.clear() }
      var queue = ExampleQueue<Example, Double> {
        try scorer.logProbabilities(of: $0, progress: progress.score)
      } finish: { example, values in
        let scores = values.map { $0.reduce(0, +) }
        sum.add(example.isRight(scores) { _ in 1 })
        perCharacter.add(example.isRight(scores) { $0.unicodeScalars.count })
        perByte.add(example.isRight(scores) { $0.utf8.count })
      }
      try TaskLine.forEach(of: files, example: "contexts", read: progress.read) { line in
        let context = try line.text("context")
        let example = try Example(line)
        let passages = try example.endings.map {
          try encoder.passage(context: context, continuation: delimiter + $0, line: line)
        }
        progress.expect(passages.reduce(0) { $0 + $1.scored.count })
        try queue.append(example, passages)
      }
      try queue.flush()
    }
    let settings = EvaluationSettings(loaded, metric: scorer.metric)
    if report.json {
      let members: [(key: String, value: JSONValue)] = [
        ("accuracy", .number(sum.value)), ("acc_norm", .number(perCharacter.value)),
        ("acc_bytes", .number(perByte.value)),
        ("standard_error", sum.standardError.map(JSONValue.number) ?? .null),
        ("examples", .count(sum.count)),
      ]
      try JSONOutput.print(.members(members + settings.members))
    } else {
      try StandardOutput.write(
        """
        accuracy        \(sum.text) examples
        per character   \(perCharacter.text) examples (acc_norm)
        per byte        \(perByte.text) examples (acc_bytes)
        \(settings.text)
        """)
    }
  }
}
