/// How a model predicts a token.
public struct TokenPrediction: Hashable, Sendable {
  /// The natural logarithm of its probability.
  public let logProbability: Double
  /// Whether it is the most probable one, of equals the first.
  public let isGreedy: Bool

  init(_ logits: Row, target: Int32) {
    let distribution = Distribution(logits)
    isGreedy = distribution.mostProbable == target
    logProbability = distribution.logProbability(of: target)
  }
}
