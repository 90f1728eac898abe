/// Draws tokens from logits.
package struct Sampler: Sendable {
  private typealias Candidate = Distribution.Candidate

  private let configuration: SamplingConfiguration
  private var generator: SplitMix64

  /// The sampler of sample `sample`, whose draws are independent of other samples.
  package init(_ configuration: SamplingConfiguration, seed: UInt64, sample: Int) {
    self.configuration = configuration
    generator = SplitMix64(seed: seed, stream: "sampling", sample)
  }

  /// Draws the next token from the logits of all ids.
  ///
  /// - Parameters:
  ///   - logits: a logit for every id, −∞ for an excluded id; undefined afterwards.
  ///   - history: the ids already in the text, for the repetition penalty.
  /// - Returns: the id drawn.
  package mutating func next(_ logits: Row, history: [Int32]) -> Int32 {
    penalize(logits, history)
    guard configuration.temperature > 0 else { return logits.indexOfMaximum }
    let distribution = Distribution(logits)
    let best = distribution.mostProbable
    if let topK = configuration.topK, topK < logits.count {
      let candidates = distribution.mostProbable(
        topK, temperature: Double(configuration.temperature))
      let total = candidates.reduce(0) { $0 + $1.weight }
      return draw(from: filtered(candidates, total: total)) ?? best
    }
    let total = distribution.replaceByWeights(temperature: configuration.temperature)
    guard configuration.topP != nil || configuration.minP != nil else {
      let target = generator.uniformDouble() * total
      return logits.index(ofSumAbove: target, floor: Row.leastExponential) ?? best
    }
    return draw(from: filtered(likely(logits, total: total), total: total)) ?? best
  }

  private func penalize(_ logits: Row, _ history: [Int32]) {
    let penalty = configuration.repetitionPenalty
    guard penalty != 1 else { return }
    for id in Set(history) {
      let score = logits[Int(id)]
      logits[Int(id)] = score > 0 ? score / penalty : score * penalty
    }
  }

  /// The tokens that top-p and min-p can leave; the largest of `weights` is 1.
  ///
  /// Tokens below (1 − p) / count of the total together weigh less than 1 − p of it: none of them
  /// is needed to reach p. A margin of 0.1 % allows for rounding.
  private func likely(_ weights: Row, total: Double) -> [Candidate] {
    let floors = [
      configuration.minP ?? 0,
      configuration.topP.map { (1 - $0) / Double(weights.count) * total } ?? 0,
    ]
    let floor = Float(0.999 * max(floors[0], floors[1]))
    return weights.indices(from: max(floor, Row.leastExponential.nextUp))
      .map { Candidate(id: $0, weight: Double(weights[Int($0)])) }
  }

  /// The candidates that top-p and min-p leave, the more probable first.
  ///
  /// - Parameters:
  ///   - candidates: tokens, in any order.
  ///   - total: the weight of all tokens; the candidates are the most probable of them.
  /// - Returns: at least one candidate, if there is any.
  private func filtered(_ candidates: [Candidate], total: Double) -> [Candidate] {
    var left = candidates.sorted(by: Candidate.precedes)
    if let topP = configuration.topP, topP < 1 {
      var sum = 0.0
      // The candidate that reaches the probability stays.
      let count = left.prefix { candidate in
        defer { sum += candidate.weight }
        return sum < topP * total
      }.count
      left.removeLast(left.count - count)
    }
    if let minP = configuration.minP, let largest = left.first?.weight {
      left.removeAll { $0.weight < minP * largest }
    }
    return left
  }

  private mutating func draw(from candidates: [Candidate]) -> Int32? {
    let total = candidates.reduce(0) { $0 + $1.weight }
    var rest = generator.uniformDouble() * total
    for candidate in candidates {
      rest -= candidate.weight
      if rest < 0 { return candidate.id }
    }
    return candidates.last?.id
  }
}
