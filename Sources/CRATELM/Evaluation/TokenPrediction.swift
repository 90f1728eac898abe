/// The prediction of a token.
public struct TokenPrediction: Hashable, Sendable {
  /// The natural logarithm of the token's probability.
  public let logProbability: Double
  /// Whether the token is the most probable one, the first of equals.
  public let isGreedy: Bool

  init(_ logits: Row, target: Int32) {
    let distribution = Distribution(logits)
    isGreedy = distribution.mostProbable == target
    logProbability = distribution.logProbability(of: target)
  }
}
