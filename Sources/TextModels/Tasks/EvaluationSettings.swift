public import CRATELM
public import Storage
import Tokenizer

/// The settings that the numbers of an evaluation depend on, reported with them.
public struct EvaluationSettings: Sendable {
  /// The name of the quantity that is summed over the tokens.
  public let metric: String
  /// The metric as a formula.
  public let formula: String
  /// The most tokens that the model sees at once.
  public let context: Int
  /// The identity of the tokenizer.
  public let tokenizer: Fingerprint
  /// The number format of the model's weights in memory.
  public let weights: NumberFormat
  /// The spelling of the token before a text without context; `nil` if there is none.
  public let prefixToken: String?

  /// The settings of scoring texts with `model`.
  init(_ model: TextModel, metric: ScoringMetric, context: Int? = nil, hasPrefix: Bool = true) {
    let shape = model.model.configuration
    let readsPrefix = hasPrefix && shape.objective.attention.unpredictedCount > 0
    let prefix = readsPrefix ? model.textBounds.beginning : nil
    (self.metric, formula) = (metric.name, metric.formula)
    self.context = context ?? shape.contextLength
    (tokenizer, weights) = (model.fingerprint, model.weights)
    prefixToken = prefix.flatMap(model.tokenizer.spelling)
  }

  /// The settings of predicting the tokens that validation hides.
  init(masked model: TextModel, context: Int) {
    metric = "log-likelihood of hidden tokens"
    formula = "Σ_h log P(w_h | W with 15 % of its tokens hidden, h among them)"
    self.context = context
    (tokenizer, weights) = (model.fingerprint, model.weights)
    prefixToken = nil
  }
}
