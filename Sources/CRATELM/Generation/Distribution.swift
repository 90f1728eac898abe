/// The probabilities that the logits z of a place give to all ids: softmax(z).
///
/// A view of the logits, to be asked before they change.
struct Distribution {
  /// An id with a number proportional to its probability, 1 for the most probable id.
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

  /// The most probable id; of equals, the first.
  var mostProbable: Int32 { logits.indexOfMaximum }

  /// The `count` most probable ids, the most probable first, and those that are as probable as the
  /// last of them; an id of logit −∞ is none.
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

  /// The natural logarithm of the probability of `id`, with differences of logits in single and
  /// their exponentials in double precision.
  func logProbability(of id: Int32) -> Double {
    let total = (0..<logits.count).reduce(0) { $0 + Double(logits[$1] - largest).exponential }
    return Double(logits[Int(id)] - largest) - total.logarithm
  }

  /// `log Σ exp z` in single precision, many ids at a time: fast enough for every token written.
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
