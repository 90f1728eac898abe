import CRATELM
import Glibc
import Storage
import Testing

@Suite struct SamplerTests {
  private func frequencies(
    _ logits: [Float], _ configuration: SamplingConfiguration, draws: Int = 20_000,
    history: [Int32] = []
  ) throws -> [Double] {
    let buffer = try Buffer(count: logits.count)
    var sampler = Sampler(configuration, seed: 1, sample: 0)
    var counts = [Double](repeating: 0, count: logits.count)
    for _ in 0..<draws {
      for (index, logit) in logits.enumerated() { buffer.all[index] = logit }
      counts[Int(sampler.next(buffer.all, history: history))] += 1
    }
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

  /// Few blocks and a full sort keep the same tokens, and those that equal the last, whatever the
  /// logits.
  @Test func topKIsExactOnManyTokens() throws {
    var generator = SplitMix64(seed: 3)
    for size in [2, 10, 100, 1000] {
      let logits = (0..<size).map { _ in Float(generator.integer(below: size / 2 + 1)) * 0.01 }
      let kept = min(size - 1, size / 3 + 1)
      let last = logits.sorted(by: >)[kept - 1]
      let found = try frequencies(logits, SamplingConfiguration(temperature: 100, topK: kept))
      // At such a temperature each has a probability of about 1 in 400 at least.
      #expect(
        found.indices.filter { found[$0] > 0 } == logits.indices.filter { logits[$0] >= last })
    }
  }

  /// Pearson's χ² against the probabilities that transformers leaves, classes of fewer than five
  /// expected draws taken together; of 200,000 draws of right ones it is above the bound with a
  /// probability of 1/2,000 (Wilson and Hilferty 1931), and the seed is fixed.
  @Test func frequenciesAreThoseOfTransformers() throws {
    let file = try FileContents.read(Fixture.path("sampling/sampling.json"))
    let cases = try #require(try JSONValue.parse(file).object?["cases"]?.array)
    #expect(cases.count == 10)
    for value in cases {
      let example = try #require(value.object)
      let settings = try #require(example["settings"]?.object)
      let configuration = try SamplingConfiguration(
        repetitionPenalty: Float(settings["repetition_penalty"]?.double ?? 1),
        temperature: Float(try #require(settings["temperature"]?.double)),
        topK: settings["top_k"]?.integer.map { Int($0) }, topP: settings["top_p"]?.double,
        minP: settings["min_p"]?.double)
      let logits = try #require(example["logits"]?.array).compactMap { $0.double.map(Float.init) }
      let history = try #require(example["text"]?.array).compactMap { $0.integer.map(Int32.init) }
      let expected = try #require(example["probabilities"]?.array).compactMap(\.double)
      let draws = 200_000.0
      let found = try frequencies(logits, configuration, draws: Int(draws), history: history)
      var (chiSquared, classes, rest) = (0.0, 0.0, (expected: 0.0, found: 0.0))
      for (frequency, probability) in zip(found, expected) {
        if probability == 0 { #expect(frequency == 0, "\(settings.keys)") }
        guard probability * draws < 5 else {
          let difference = frequency - probability
          chiSquared += draws * difference * difference / probability
          classes += 1
          continue
        }
        rest = (rest.expected + probability, rest.found + frequency)
      }
      if rest.expected * draws >= 5 {
        chiSquared +=
          draws * (rest.found - rest.expected) * (rest.found - rest.expected)
          / rest.expected
        classes += 1
      }
      let degrees = max(1, classes - 1)
      let root = 1 - 2 / (9 * degrees) + 3.29 * (2 / (9 * degrees)).squareRoot()
      #expect(chiSquared < degrees * root * root * root, "\(settings.keys)")
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
