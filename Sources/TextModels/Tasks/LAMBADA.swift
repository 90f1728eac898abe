public import CRATELM
public import SystemPackage

/// The task of predicting how a passage ends (Paperno and others 2016, arXiv:1606.06031).
///
/// A passage is a line with `text`, whose target is the last word with the space before it, or with
/// `context` and `continuation`, which is the target.
public enum LAMBADA {
  /// The results over all targets.
  public struct Result: Sendable {
    /// The share of targets in which every token is the most probable one.
    public var accuracy = Accuracy()
    /// The sum of the targets' negative log-likelihoods, in nats.
    public var totalLoss = 0.0
    /// The settings that the numbers depend on.
    public let settings: EvaluationSettings

    /// The perplexity per target: e to the mean of their negative log-likelihoods.
    public var perplexity: Double {
      var report = EvaluationReport()
      report.totalLoss = totalLoss
      return report.perplexity(per: accuracy.count)
    }
  }

  /// Evaluates a causal model on `files`, or directories of `.jsonl` files.
  ///
  /// - Throws: `ConfigurationError` for a masked model; ``InputError`` and `FileError`.
  public static func evaluate(
    _ files: [FilePath], model: TextModel, scorer: Scorer,
    progress: @escaping (ScoringProgress) -> Void = { _ in }
  ) throws -> Result {
    try model.model.configuration.require(.causal)
    var encoder = TaskEncoder(model, scorer: scorer)
    var result = Result(settings: EvaluationSettings(model, metric: scorer.metric))
    try TaskLine.score(
      files, kind: "passages", progress: progress, by: scorer.predictions
    ) { line in
      let (context, target) = try parts(line)
      return ((), [try encoder.passage(context: context, continuation: target, line: line)])
    } finish: { _, values in
      result.accuracy.add(values[0].allSatisfy(\.isGreedy))
      result.totalLoss -= values[0].reduce(0) { $0 + $1.logProbability }
    }
    return result
  }

  /// The context and the target of `line`.
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
