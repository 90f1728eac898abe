/// Draws tokens from logits.
package struct Sampler: Sendable {
  private let configuration: SamplingConfiguration
  private var generator: SplitMix64

  /// The sampler of sample number `sample`; its draws do not depend on other samples.
  package init(_ configuration: SamplingConfiguration, seed: UInt64, sample: Int) {
    self.configuration = configuration
    generator = SplitMix64(seed: seed, stream: "sampling", sample)
  }

  /// A token that may come next, with its probability or a number proportional to it.
  private struct Candidate {
    let id: Int32
    var weight: Double

    /// More probable first; of equals, the smaller id.
    static func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
      a.weight != b.weight ? a.weight > b.weight : a.id < b.id
    }
  }

  /// Draws the next token from the logits of all tokens.
  ///
  /// - Parameters:
  ///   - logits: one for every id.
  ///   - history: the ids already in the text, for the repetition penalty.
  /// - Returns: its id.
  package mutating func next(_ logits: Row, history: [Int32]) -> Int32 {
    var scores = (0..<logits.count).map { logits[$0] }
    penalize(&scores, history)
    guard configuration.temperature > 0 else { return Self.largest(scores) }
    var candidates = filtered(weights(of: scores))
    if candidates.isEmpty { candidates = [Candidate(id: Self.largest(scores), weight: 1)] }
    let total = candidates.reduce(0) { $0 + $1.weight }
    var rest = generator.uniformDouble() * total
    for candidate in candidates {
      rest -= candidate.weight
      if rest < 0 { return candidate.id }
    }
    return candidates[candidates.count - 1].id
  }

  private func penalize(_ scores: inout [Float], _ history: [Int32]) {
    guard configuration.repetitionPenalty != 1 else { return }
    for id in Set(history) {
      let score = scores[Int(id)]
      scores[Int(id)] =
        score > 0
        ? score / configuration.repetitionPenalty : score * configuration.repetitionPenalty
    }
  }

  private static func largest(_ scores: [Float]) -> Int32 {
    var best = 0
    for index in scores.indices where scores[index] > scores[best] { best = index }
    return Int32(best)
  }

  /// Every token with `exp((score − largest) / temperature)`.
  private func weights(of scores: [Float]) -> [Candidate] {
    let largest = Double(scores[Int(Self.largest(scores))])
    let temperature = Double(configuration.temperature)
    return scores.enumerated().map { id, score in
      Candidate(id: Int32(id), weight: ((Double(score) - largest) / temperature).exponential)
    }
  }

  /// Top-k, top-p and min-p, one after the other; the result is in the order of ids where none of
  /// them is asked for, else in the order of probability.
  private func filtered(_ all: [Candidate]) -> [Candidate] {
    var candidates = all
    if let topK = configuration.topK, topK < candidates.count {
      candidates = Self.mostProbable(topK, of: candidates)
    }
    if let topP = configuration.topP, topP < 1 {
      candidates = Self.nucleus(topP, of: candidates)
    }
    if let minP = configuration.minP {
      let largest = candidates.lazy.map(\.weight).max() ?? 0
      candidates.removeAll { $0.weight < minP * largest }
    }
    return candidates
  }

  /// The `count` most probable candidates, in order, chosen by a quickselect on the weights.
  private static func mostProbable(_ count: Int, of all: [Candidate]) -> [Candidate] {
    var pool = all
    var low = 0
    var high = pool.count
    while high - low > 1, low < count, count < high {
      let pivot = pool[low + (high - low) / 2]
      let middle = pool[low..<high].partition { !Candidate.precedes($0, pivot) }
      // The pivot itself is at or after `middle`; move past it so that every round makes progress.
      guard let place = pool[middle..<high].firstIndex(where: { $0.id == pivot.id }) else { break }
      pool.swapAt(place, middle)
      if count <= middle { high = middle } else { low = middle + 1 }
    }
    return pool[..<count].sorted(by: Candidate.precedes)
  }

  /// The fewest most probable candidates whose probabilities reach `mass`.
  ///
  /// Candidates below (1 − mass) / count together weigh less than 1 − mass, so that none of them
  /// is needed and they are not sorted.
  private static func nucleus(_ mass: Double, of all: [Candidate]) -> [Candidate] {
    let total = all.reduce(0) { $0 + $1.weight }
    let floor = (1 - mass) / Double(all.count) * total
    let sorted = all.filter { $0.weight >= floor }.sorted(by: Candidate.precedes)
    var sum = 0.0
    for (index, candidate) in sorted.enumerated() {
      sum += candidate.weight
      if sum >= mass * total { return Array(sorted[...index]) }
    }
    return sorted
  }
}
