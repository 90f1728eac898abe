import CRATELM
import Glibc
import Testing

@Suite struct SamplerTests {
  private func frequencies(
    _ logits: [Float], _ configuration: SamplingConfiguration, draws: Int = 20_000,
    history: [Int32] = []
  ) throws -> [Double] {
    let buffer = try Buffer(count: logits.count)
    for (index, logit) in logits.enumerated() { buffer.all[index] = logit }
    var sampler = Sampler(configuration, seed: 1, sample: 0)
    var counts = [Double](repeating: 0, count: logits.count)
    for _ in 0..<draws { counts[Int(sampler.next(buffer.all, history: history))] += 1 }
    return counts.map { $0 / Double(draws) }
  }

  /// Pearson's χ² against `probabilities`; with k − 1 ≤ 4 degrees of freedom a value above 18.5
  /// has a probability below 0.001, and the seed is fixed.
  private func check(_ frequencies: [Double], _ probabilities: [Double], draws: Double = 20_000) {
    var chiSquared = 0.0
    for (frequency, probability) in zip(frequencies, probabilities) {
      if probability == 0 {
        #expect(frequency == 0)
      } else {
        let difference = frequency - probability
        chiSquared += draws * difference * difference / probability
      }
    }
    #expect(chiSquared < 18.5)
  }

  private let logits = [0.5, 2.0, -1.0, 1.0, 0.0] as [Float]

  private func softmax(_ scores: [Double], keeping kept: Set<Int>) -> [Double] {
    let weights = scores.enumerated().map { kept.contains($0) ? exp($1) : 0 }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }

  @Test func temperatureDividesLogits() throws {
    let scores = logits.map { Double($0) / 0.7 }
    check(
      try frequencies(logits, SamplingConfiguration(temperature: 0.7)),
      softmax(scores, keeping: [0, 1, 2, 3, 4]))
  }

  @Test func zeroTemperatureIsGreedy() throws {
    check(try frequencies(logits, SamplingConfiguration(temperature: 0)), [0, 1, 0, 0, 0])
  }

  @Test(arguments: [1, 2, 3, 4]) func topKKeepsTheMostProbable(count: Int) throws {
    let order = [1, 3, 0, 4, 2]
    check(
      try frequencies(logits, SamplingConfiguration(temperature: 1, topK: count)),
      softmax(logits.map(Double.init), keeping: Set(order[..<count])))
  }

  /// Probabilities 0.135, 0.605, 0.030, 0.223 and 0.082 … of which 0.605 + 0.223 reach 0.8.
  @Test func topPKeepsTheNucleus() throws {
    check(
      try frequencies(logits, SamplingConfiguration(temperature: 1, topP: 0.7)),
      softmax(logits.map(Double.init), keeping: [1, 3]))
    check(
      try frequencies(logits, SamplingConfiguration(temperature: 1, topP: 0.1)),
      softmax(logits.map(Double.init), keeping: [1]))
  }

  @Test func minPKeepsWhatIsNearTheMostProbable() throws {
    // exp(0.5 − 2) = 0.223 and exp(1 − 2) = 0.368 of the largest.
    check(
      try frequencies(logits, SamplingConfiguration(temperature: 1, minP: 0.2)),
      softmax(logits.map(Double.init), keeping: [0, 1, 3]))
  }

  @Test func repetitionIsPenalised() throws {
    check(
      try frequencies(
        logits, SamplingConfiguration(repetitionPenalty: 2, temperature: 1), history: [1, 2, 2]),
      softmax([0.5, 1, -2, 1, 0], keeping: [0, 1, 2, 3, 4]))
  }

  /// The quickselect and a full sort keep the same tokens, whatever the logits.
  @Test func topKIsExactOnManyTokens() throws {
    var generator = SplitMix64(seed: 3)
    for size in [2, 10, 100, 1000] {
      let logits = (0..<size).map { _ in Float(generator.integer(below: size / 2 + 1)) * 0.01 }
      let kept = size / 3 + 1
      let order = logits.indices.sorted {
        logits[$0] != logits[$1] ? logits[$0] > logits[$1] : $0 < $1
      }
      let found = try frequencies(logits, SamplingConfiguration(temperature: 1, topK: kept))
      let drawn = Set(found.indices.filter { found[$0] > 0 })
      #expect(drawn.isSubset(of: Set(order[..<kept])))
    }
  }

  @Test func valuesOutOfRangeAreRefused() {
    #expect(throws: ConfigurationError.self) { try SamplingConfiguration(temperature: -1) }
    #expect(throws: ConfigurationError.self) { try SamplingConfiguration(topK: 0) }
    #expect(throws: ConfigurationError.self) { try SamplingConfiguration(topP: 0) }
    #expect(throws: ConfigurationError.self) { try SamplingConfiguration(topP: 1.1) }
    #expect(throws: ConfigurationError.self) { try SamplingConfiguration(minP: -0.1) }
    #expect(throws: ConfigurationError.self) { try SamplingConfiguration(repetitionPenalty: 0) }
    #expect(throws: ConfigurationError.self) { try SamplingConfiguration(temperature: .nan) }
  }
}
