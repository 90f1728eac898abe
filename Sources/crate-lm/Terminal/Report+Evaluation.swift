import CRATELM
import Storage
import TextModels

extension EvaluationSettings {
  /// The fields that the report of every evaluation has.
  var fields: JSONFields {
    [
      "metric": metric, "formula": formula, "context": context,
      "tokenizer": tokenizer.description, "weights": weights.rawValue,
      "prefix_token": prefixToken,
    ]
  }

  /// A line for each setting.
  var text: String {
    let prefix = prefixToken.map { ", prefix \($0)" } ?? ""
    return """
      metric          \(metric): \(formula)
      context         \(context)\(prefix), weights \(weights.rawValue)
      tokenizer       \(tokenizer)

      """
  }
}

extension Accuracy {
  /// The share in per cent, with its standard error and the number of examples.
  var text: String {
    let error = standardError.map { " ± \(Quantity.fixed(100 * $0, 2))" } ?? ""
    return "\(Quantity.fixed(100 * value, 2))\(error) % of \(count.counting("example"))"
  }
}
