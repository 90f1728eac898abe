public import CRATELM
public import Storage
import Tokenizer

/// What the numbers of an evaluation depend on, to be told beside them.
public struct EvaluationSettings: Sendable {
  /// What is summed over the tokens.
  public let metric: String
  /// The metric as a formula.
  public let formula: String
  /// The most tokens seen at once.
  public let context: Int
  /// The identity of the tokenizer.
  public let tokenizer: Fingerprint
  /// How the model's weights are held.
  public let weights: NumberFormat
  /// What stands before a text that nothing precedes, as it is written.
  public let prefixToken: String?

  /// The settings with which texts of `model` are scored.
  init(_ model: TextModel, metric: ScoringMetric, context: Int? = nil, hasPrefix: Bool = true) {
    let shape = model.model.configuration
    let readsPrefix = hasPrefix && shape.objective.attention.unpredictedCount > 0
    let prefix = readsPrefix ? model.tokenizer.endOfText : nil
    (self.metric, formula) = (metric.name, metric.formula)
    self.context = context ?? shape.contextLength
    (tokenizer, weights) = (model.fingerprint, model.weights)
    prefixToken = prefix.flatMap(model.tokenizer.spelling)
  }

  /// The settings under which the tokens hidden by the masks of validation are predicted.
  init(masked model: TextModel, context: Int) {
    metric = "log-likelihood of hidden tokens"
    formula = "Σ_h log P(w_h | W with 15 % of its tokens hidden, h among them)"
    self.context = context
    (tokenizer, weights) = (model.fingerprint, model.weights)
    prefixToken = nil
  }
}
