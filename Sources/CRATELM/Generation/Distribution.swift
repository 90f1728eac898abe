/// The probabilities of all ids at a position: softmax(z) of its logits z.
///
/// A view of the logits, valid until they change. Logits are not NaN and one is above −∞.
struct Distribution {
  /// An id and a weight proportional to its probability, 1 for the most probable id.
  struct Candidate {
    let id: Int32
    let weight: Double

    /// More probable first; of equals, the smaller id.
    static func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
      a.weight != b.weight ? a.weight > b.weight : a.id < b.id
    }
  }

  private let logits: Row
  private let largest: Float

  /// - Precondition: there is a logit.
  init(_ logits: Row) {
    self.logits = logits
    largest = logits.maximum
  }

  /// The most probable id, the first of equals.
  var mostProbable: Int32 { logits.indexOfMaximum }

  /// The `count` most probable ids, the most probable first, and all ids as probable as the last of
  /// them, without ids of logit −∞.
  func mostProbable(_ count: Int, temperature: Double = 1) -> [Candidate] {
    logits.largest(count).map {
      Candidate(id: $0.index, weight: weight(of: $0.value, temperature: temperature))
    }
  }

  /// The sum of the weights of all ids, in double precision.
  var totalWeight: Double {
    (0..<logits.count).reduce(0) { $0 + weight(of: logits[$1], temperature: 1) }
  }

  private func weight(of logit: Float, temperature: Double) -> Double {
    ((Double(logit) - Double(largest)) / temperature).exponential
  }

  /// The natural logarithm of the probability of `id`: differences of logits in single precision,
  /// their exponentials in double precision; −∞ for a logit of −∞.
  func logProbability(of id: Int32) -> Double {
    let total = (0..<logits.count).reduce(0) { $0 + Double(logits[$1] - largest).exponential }
    return Double(logits[Int(id)] - largest) - total.logarithm
  }

  /// `log Σ exp z` in single precision, many ids at a time: fast enough for every generated token.
  var logTotal: Double {
    Double(largest) + Double(logits.sumOfExponentials(minus: largest).logarithm)
  }

  /// Replaces the logits by their weights at a temperature, in single precision.
  ///
  /// - Returns: the sum of the weights.
  func replaceByWeights(temperature: Float) -> Double {
    let inverse = 1 / temperature
    logits.scale(by: inverse)
    _ = logits.exponentiate(minus: largest * inverse)
    return logits.preciseTotal
  }
}
