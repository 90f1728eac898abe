import CRATELM
import Storage
import Tokenizer

/// What numbers of an evaluation depend on, to be printed beside them.
struct EvaluationSettings {
  let metric: String
  let formula: String
  let context: Int
  let tokenizer: Fingerprint
  let weights: WeightFormat
  /// What stands before a text that nothing precedes, as it is written.
  let prefixToken: String?

  /// The settings with which `scorer` scores texts of the model `loaded`.
  init(_ loaded: LoadedModel, metric: ScoringMetric, context: Int? = nil, hasPrefix: Bool = true) {
    let shape = loaded.model.configuration
    (self.metric, formula) = (metric.name, metric.formula)
    self.context = context ?? shape.contextLength
    tokenizer = loaded.fingerprint
    weights = loaded.weights
    let readsPrefix = hasPrefix && shape.objective.attention.unpredictedCount > 0
    let prefix = readsPrefix ? loaded.tokenizer.endOfText : nil
    prefixToken = prefix.flatMap(loaded.tokenizer.spelling)
  }

  /// The settings under which the tokens hidden by the masks of validation are predicted.
  init(masked loaded: LoadedModel, context: Int) {
    metric = "log-likelihood of hidden tokens"
    formula = "Σ_h log P(w_h | W with 15 % of its tokens hidden, h among them)"
    self.context = context
    tokenizer = loaded.fingerprint
    weights = loaded.weights
    prefixToken = nil
  }

  /// The members of a JSON object.
  var members: [(key: String, value: JSONValue)] {
    [
      ("metric", .string(metric)), ("formula", .string(formula)), ("context", .count(context)),
      ("tokenizer", .string(tokenizer.description)), ("weights", .string(weights.rawValue)),
      ("prefix_token", prefixToken.map(JSONValue.string) ?? .null),
    ]
  }

  /// A line for each part.
  var text: String {
    let prefix = prefixToken.map { ", prefix \($0)" } ?? ""
    return """
      metric          \(metric): \(formula)
      context         \(context)\(prefix), weights \(weights.rawValue)
      tokenizer       \(tokenizer)

      """
  }
}
