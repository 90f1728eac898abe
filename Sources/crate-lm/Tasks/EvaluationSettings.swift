import CRATELM
import Storage
import Tokenizer

/// What numbers of an evaluation depend on, to be printed beside them.
struct EvaluationSettings: Report {
  private let loaded: LoadedModel
  private let metric: String
  private let formula: String
  private let context: Int
  /// What stands before a text that nothing precedes, as it is written.
  private let prefixToken: String?

  /// The settings with which `scorer` scores texts of the model `loaded`.
  init(_ loaded: LoadedModel, metric: ScoringMetric, context: Int? = nil, hasPrefix: Bool = true) {
    self.loaded = loaded
    let shape = loaded.model.configuration
    (self.metric, formula) = (metric.name, metric.formula)
    self.context = context ?? shape.contextLength
    let readsPrefix = hasPrefix && shape.objective.attention.unpredictedCount > 0
    let prefix = readsPrefix ? loaded.tokenizer.endOfText : nil
    prefixToken = prefix.flatMap(loaded.tokenizer.spelling)
  }

  /// The settings under which the tokens hidden by the masks of validation are predicted.
  init(masked loaded: LoadedModel, context: Int) {
    self.loaded = loaded
    metric = "log-likelihood of hidden tokens"
    formula = "Σ_h log P(w_h | W with 15 % of its tokens hidden, h among them)"
    self.context = context
    prefixToken = nil
  }

  var fields: JSONFields {
    [
      "metric": metric, "formula": formula, "context": context,
      "tokenizer": loaded.fingerprint.description, "weights": loaded.weights.rawValue,
      "prefix_token": prefixToken,
    ]
  }

  /// A line for each part.
  var text: String {
    let prefix = prefixToken.map { ", prefix \($0)" } ?? ""
    return """
      metric          \(metric): \(formula)
      context         \(context)\(prefix), weights \(loaded.weights.rawValue)
      tokenizer       \(loaded.fingerprint)

      """
  }
}
