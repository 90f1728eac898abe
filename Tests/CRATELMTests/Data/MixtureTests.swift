import CRATELM
import SystemPackage
import Testing

/// The order and the shares of several texts.
@Suite struct MixtureTests {
  private static let vocabularySize = 100

  private static let tokenizer = PackedTokenizer(
    file: Array("tokenizer".utf8),
    spelledBytes: SpelledBytes([Int](repeating: 1, count: vocabularySize)), endOfDocument: 0)

  /// `count` tokens; those of text n are n, so that every sequence says where it comes from.
  private func text(_ number: Int32, _ count: Int) throws -> TokenData {
    try TokenData(
      train: [[Int32](repeating: number, count: count)], tokenizer: Self.tokenizer)
  }

  private func weighted(_ weights: [Double?], _ counts: [Int]) throws -> Mixture {
    try Mixture(
      zip(1..., zip(weights, counts)).map { number, text in
        Mixture.Source(try self.text(Int32(number), text.1), weight: text.0)
      })
  }

  /// Each stretch has nearly the shares, and each text hands out its own windows one by one.
  @Test(arguments: [[3, 1], [1, 1, 1], [7, 2, 1], [1, 1_000_000], [5]])
  func sharesComeOut(parts: [Int]) {
    let order = MixtureOrder(parts: parts, seed: 11)
    let whole = Double(parts.reduce(0, +))
    var counts = [Int](repeating: 0, count: parts.count)
    for position in 0..<5000 {
      let (source, place) = order[position]
      #expect(place == counts[source])
      counts[source] += 1
      for (count, part) in zip(counts, parts) {
        #expect(abs(Double(count) - Double(position + 1) * Double(part) / whole) < 2)
      }
    }
    // Far out a position costs no more, and is still one that its neighbours leave free.
    let far = (1 << 50)..<(1 << 50) + 1000
    let places = far.map { order[$0] }
    for source in parts.indices {
      let own = places.filter { $0.source == source }.map(\.place)
      #expect(zip(own, own.dropFirst()).allSatisfy { $0 + 1 == $1 })
    }
  }

  @Test func seedsMixDifferently() {
    let orders = (0..<8).map { (seed: UInt64) in
      let order = MixtureOrder(parts: [7, 2, 1], seed: seed)
      return (0..<40).map { order[$0].source }
    }
    #expect(Set(orders).count > 4)
  }

  /// Without weights every window of every text is read once in an epoch.
  @Test func unweightedTextsAreReadEquallyOften() throws {
    let examples = Successors(contextLength: 8)
    let mixture = try weighted([nil, nil, nil], [401, 90, 25])
    #expect(mixture.parts(in: examples) == [50, 11, 3])
    #expect(mixture.sources.allSatisfy { $0.weight == nil })
    let order = MixtureOrder(parts: mixture.parts(in: examples), seed: 5)
    for epoch in 0..<3 {
      var counts = [0, 0, 0]
      for position in epoch * 64..<(epoch + 1) * 64 { counts[order[position].source] += 1 }
      #expect(counts == [50, 11, 3])
    }
  }

  @Test func weightsAreShares() throws {
    let examples = Successors(contextLength: 8)
    for (weights, shares) in [
      ([3.0, 1.0], [0.75, 0.25]), ([nil, 3.0], [0.25, 0.75]), ([1e300, 1e300], [0.5, 0.5]),
      ([0.1, 0.3, 0.6], [0.1, 0.3, 0.6]),
    ] as [([Double?], [Double])] {
      let mixture = try weighted(weights, [401, 90, 200])
      for (share, expected) in zip(mixture.shares(in: examples), shares) {
        #expect(abs(share - expected) < 1e-11)
      }
    }
    // One that is next to nothing is read at last.
    #expect(try weighted([1e300, 1e-300], [401, 90]).parts(in: examples)[1] == 1)
  }

  private func rows(
    _ loader: inout MixtureLoader, _ positions: Range<Int>
  ) throws -> [[Int32]] {
    var batch = Batch(sequences: positions.count, contextLength: 8)
    try loader.append(positions, to: &batch)
    return stride(from: 0, to: batch.inputs.count, by: 8).map { Array(batch.inputs[$0..<$0 + 8]) }
  }

  /// What stands at a position does not depend on what was read before, nor on how much at once.
  @Test func positionIsAllTheState() throws {
    let folder = try TemporaryFolder()
    let mixture = try Mixture(
      ["a", "b"].enumerated().map { seed, name in
        let path = folder.path.appending(name)
        try DataFixture(seed: UInt64(seed), documents: 20, longest: 60).pack(path)
        return Mixture.Source(try TokenData(directory: path), weight: Double(1 + seed))
      })
    let examples = Successors(contextLength: 8)
    func loader() throws -> MixtureLoader {
      try MixtureLoader(mixture, seed: 3, examples: examples)
    }
    var whole = try loader()
    let expected = try rows(&whole, 0..<240)
    for size in [1, 2, 5, 16] {
      var pieces = try loader()
      let found = try stride(from: 0, to: 240, by: size).flatMap {
        try rows(&pieces, $0..<min(240, $0 + size))
      }
      #expect(found == expected)
    }
    for start in [231, 7, 100] {
      var resumed = try loader()
      #expect(try rows(&resumed, start..<start + 9) == Array(expected[start..<start + 9]))
    }
    // The first text is read as it would be alone.
    var alone = try BatchLoader(
      split: mixture.sources[0].data.train, order: .shuffled(seed: 3), examples: examples)
    var batch = Batch(sequences: 20, contextLength: 8)
    try alone.append(0..<20, to: &batch)
    let order = MixtureOrder(parts: mixture.parts(in: examples), seed: 3)
    let own = expected.indices.filter { order[$0].source == 0 }.prefix(20).map { expected[$0] }
    #expect(own.flatMap(\.self) == batch.inputs)
  }

  /// One text is read as before there were mixtures, whatever its weight.
  @Test func oneTextIsNoMixture() throws {
    let one = try weighted([5], [401])
    #expect(!one.isMixed && one.sources[0].weight == nil)
    let order = MixtureOrder(parts: one.parts(in: Successors(contextLength: 8)), seed: 9)
    #expect((0..<200).allSatisfy { order[$0] == (0, $0) })
  }

  @Test func textsThatDoNotGoTogether() throws {
    for weight in [0, -1, Double.nan, .infinity] {
      #expect(throws: DataError.self) { try weighted([weight, 1], [401, 401]) }
    }
    let one = try text(1, 401)
    let twice = DataError.repeated(TokenData.memory, TokenData.memory)
    #expect(throws: twice) { try Mixture([Mixture.Source(one), Mixture.Source(one, weight: 2)]) }
    let other = try TokenData(
      train: [[1, 2, 3]],
      tokenizer: PackedTokenizer(
        file: Array("other".utf8), spelledBytes: Self.tokenizer.spelledBytes, endOfDocument: 0))
    let foreign = DataError.severalTokenizers(TokenData.memory, TokenData.memory)
    #expect(throws: foreign) { try Mixture([Mixture.Source(one), Mixture.Source(other)]) }
    #expect(throws: DataError.noText) { try Mixture([]) }
    let short = DataError.splitTooShort(TokenData.memory, .train, tokens: 8, contextLength: 8)
    #expect(throws: short) {
      try MixtureLoader(
        weighted([1, 1], [401, 8]), seed: 1, examples: Successors(contextLength: 8))
    }
  }
}
