/// How a model predicts a token.
public struct TokenPrediction: Hashable, Sendable {
  /// The natural logarithm of its probability.
  public let logProbability: Double
  /// Whether it is the most probable one, of equals the first.
  public let isGreedy: Bool

  init(_ logits: Row, target: Int32) {
    let own = logits[Int(target)]
    var (isGreedy, total) = (true, 0.0)
    let largest = logits.maximum
    for id in 0..<logits.count {
      let other = logits[id]
      if other > own || other == own && id < Int(target) { isGreedy = false }
      total += Double(other - largest).exponential
    }
    self.isGreedy = isGreedy
    logProbability = Double(own - largest) - total.logarithm
  }
}
