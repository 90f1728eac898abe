import ArgumentParser
import CRATELM
import Storage

/// Whether a model knows how a passage ends.
struct EvaluateLAMBADA: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lambada",
    abstract: "Measure how well a causal model predicts the last word of passages.",
    discussion: """
      LAMBADA (Paperno and others 2016, arXiv:1606.06031), OpenAI's variant as lm-evaluation-harness \
      scores it: lines with "text", whose last word after a space is the target, or with "context" \
      and "continuation". The accuracy is the share of targets all of whose tokens are the most \
      probable ones; the perplexity is that of the targets, exp of minus the mean of their \
      log-likelihoods, each the sum over its tokens.
      """)

  @Option(help: "A run of a causal model, one of its checkpoints, or an exported directory.")
  var model: String

  @Argument(help: "Files of passages, or directories of .jsonl files.")
  var files: [String]

  @OptionGroup var format: WeightOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func run() throws {
    let loaded = try LoadedModel(
      model, weights: format.weights, threads: threads.count, quiet: report.quiet)
    try loaded.model.configuration.require(.causal)
    let scorer = try Scorer(model: loaded.model, threads: threads.count)
    var encoder = try TaskEncoder(loaded, scorer: scorer)
    var (accuracy, total) = (Accuracy(), EvaluationReport())
    let progress = ScoringProgress(quiet: report.quiet)
    do {
      defer { progress.clear() }
      var queue = ExampleQueue<Void, TokenPrediction> {
        try scorer.predictions(of: $0, progress: progress.score)
      } finish: { _, values in
        accuracy.add(values[0].allSatisfy(\.isGreedy))
        total.totalLoss -= values[0].reduce(0) { $0 + $1.logProbability }
      }
      try TaskLine.forEach(of: files, example: "passages", read: progress.read) { line in
        let (context, target) = try Self.parts(line)
        let passage = try encoder.passage(context: context, continuation: target, line: line)
        progress.expect(passage.scored.count)
        try queue.append((), [passage])
      }
      try queue.flush()
    }
    let perplexity = total.perplexity(per: accuracy.count)
    let settings = EvaluationSettings(loaded, metric: scorer.metric)
    if report.json {
      try JSONOutput.print(
        .members(
          [
            ("accuracy", .number(accuracy.value)),
            ("standard_error", accuracy.standardError.map(JSONValue.number) ?? .null),
            ("perplexity", .number(perplexity)), ("examples", .count(accuracy.count)),
          ] + settings.members))
    } else {
      try StandardOutput.write(
        """
        accuracy        \(accuracy.text) examples
        perplexity      \(Quantity.fixed(perplexity, 4))
        \(settings.text)
        """)
    }
  }

  /// What is read and what is to be predicted.
  private static func parts(_ line: TaskLine) throws -> (context: String, target: String) {
    if line["context"] != nil || line["continuation"] != nil {
      let continuation = try line.text("continuation")
      let isApart = continuation.unicodeScalars.first.map(WhiteSpace.contains) ?? false
      return (try line.text("context"), isApart ? continuation : " " + continuation)
    }
    let scalars = try line.text("text").unicodeScalars
    guard let space = scalars.lastIndex(of: " ") else {
      throw line.error("expected words with spaces between them in the field text, found one word")
    }
    return (String(scalars[..<space]), String(scalars[space...]))
  }
}
