import ArgumentParser
import CRATELM

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

  @OptionGroup var use: ModelUse
  @OptionGroup var report: ReportOptions

  func run() throws {
    let loaded = try use.load(model, quiet: report.quiet)
    try loaded.model.configuration.require(.causal)
    let scorer = try Scorer(model: loaded.model, threads: use.threads.count)
    var encoder = try TaskEncoder(loaded, scorer: scorer)
    var (accuracy, total) = (Accuracy(), EvaluationReport())
    try TaskLine.score(
      files, kind: "passages", quiet: report.quiet, by: scorer.predictions
    ) { line in
      let (context, target) = try Self.parts(line)
      return ((), [try encoder.passage(context: context, continuation: target, line: line)])
    } finish: { _, values in
      accuracy.add(values[0].allSatisfy(\.isGreedy))
      total.totalLoss -= values[0].reduce(0) { $0 + $1.logProbability }
    }
    let perplexity = total.perplexity(per: accuracy.count)
    let settings = EvaluationSettings(loaded, metric: scorer.metric)
    try report.print(
      text: """
        accuracy        \(accuracy.text) examples
        perplexity      \(Quantity.fixed(perplexity, 4))
        \(settings.text)
        """,
      json: [
        "accuracy": accuracy.value, "standard_error": accuracy.standardError,
        "perplexity": perplexity, "examples": accuracy.count,
      ] + settings.fields)
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
