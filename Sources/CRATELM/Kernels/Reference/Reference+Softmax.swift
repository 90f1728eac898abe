// z  [classes]  logits        p_v = exp z_v / Σ_w exp z_w        loss = −log p_y

extension Reference {
  /// The distribution of the logits `z`.
  ///
  /// Adding a number to all logits changes nothing, so the largest is subtracted first and no
  /// exponential overflows. A logit of −∞ has the probability 0. If all are −∞, or one is ∞ or NaN,
  /// the result is NaN; no logits give an empty result.
  package static func softmax(_ z: [Double]) -> [Double] {
    let largest = z.max() ?? 0
    let weights = z.map { ($0 - largest).exponential }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }

  /// The cross-entropy of one prediction, in nats: ∞ if the target's probability is 0.
  package static func crossEntropy(_ logits: [Double], target: Int) -> Double {
    -softmax(logits)[target].logarithm
  }
}
