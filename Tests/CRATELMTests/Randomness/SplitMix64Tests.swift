import CRATELM
import Testing

@Suite struct SplitMix64Tests {
  /// The sequence of `splitmix64.c` for seed 1234567, as published with Rosetta Code's task.
  @Test func publishedSequence() {
    var generator = SplitMix64(seed: 1_234_567)
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]
    #expect(expected == expected.map { _ in generator.next() })
  }

  @Test func stateContinuesTheSequence() {
    var generator = SplitMix64(seed: 7)
    _ = generator.next()
    var copy = SplitMix64(seed: generator.state)
    #expect((0..<9).map { _ in generator.next() } == (0..<9).map { _ in copy.next() })
  }

  @Test func streamsDiffer() {
    let generators = [
      SplitMix64(seed: 1, stream: "a"), SplitMix64(seed: 2, stream: "a"),
      SplitMix64(seed: 1, stream: "b"), SplitMix64(seed: 1, stream: "ab"),
      SplitMix64(seed: 1, stream: "a", 0), SplitMix64(seed: 1, stream: "a", 1),
      SplitMix64(seed: 1, stream: "a", 0, 1), SplitMix64(seed: 1, stream: "a", 1, 0),
      SplitMix64(seed: 1, stream: "a", -1),
    ]
    #expect(Set(generators.map(\.state)).count == generators.count)
    #expect(SplitMix64(seed: 1, stream: "a", 4) == SplitMix64(seed: 1, stream: "a", 4))
  }

  @Test func bitsAreBalanced() {
    var generator = SplitMix64(seed: 3, stream: "balance")
    let draws = 20_000
    var ones = [Int](repeating: 0, count: 64)
    for _ in 0..<draws {
      let bits = generator.next()
      for bit in 0..<64 { ones[bit] += Int(bits >> bit & 1) }
    }
    // Five standard deviations of a fair coin.
    let tolerance = 5 * Double(draws).squareRoot() / 2
    for count in ones { #expect(abs(Double(count) - Double(draws) / 2) < tolerance) }
  }
}
