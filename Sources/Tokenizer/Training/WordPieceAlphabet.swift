/// The tokens of the characters of which words are made.
struct WordPieceAlphabet {
  /// The tokens of characters that begin a word, and of those that go on in one.
  private var beginning: [UInt32: TokenID] = [:]
  private var continuing: [UInt32: TokenID] = [:]

  /// Adds to `vocabulary` the characters of the words of `counter` that `options` keep, first as
  /// they begin words and then as they go on in them.
  init(
    _ counter: PieceCounter, _ options: WordPieceTrainer.Options, _ vocabulary: inout Vocabulary
  ) {
    let isKept = Self.kept(counter, options)
    for value in isKept.sorted() { beginning[value] = vocabulary.idOfAdded(Self.bytes(value)) }
    var seen: Set<UInt32> = []
    for word in counter.counts.indices {
      for scalar in Self.scalars(counter.pieces[word]).dropFirst()
      where isKept.contains(scalar.value) {
        seen.insert(scalar.value)
      }
    }
    var order = options.continuationOrder.map(\.value).filter { seen.remove($0) != nil }
    order += seen.sorted()
    let prefix = Array(options.rules.continuationPrefix.utf8)
    for value in order { continuing[value] = vocabulary.idOfAdded(prefix + Self.bytes(value)) }
  }

  /// The characters that `options` keep.
  private static func kept(
    _ counter: PieceCounter, _ options: WordPieceTrainer.Options
  ) -> Set<UInt32> {
    var counts: [UInt32: Int64] = [:]
    for (word, count) in counter.counts.enumerated() {
      for scalar in scalars(counter.pieces[word]) { counts[scalar.value, default: 0] += count }
    }
    for scalar in options.initialAlphabet { counts[scalar.value] = .max }
    let kept = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    return Set(kept.prefix(max(options.alphabetLimit ?? kept.count, 0)).map(\.key))
  }

  /// The tokens of `word`, without the characters that are not kept.
  func ids(of word: ArraySlice<UInt8>) -> [TokenID] {
    Self.scalars(word).enumerated().compactMap { index, scalar in
      index == 0 ? beginning[scalar.value] : continuing[scalar.value]
    }
  }

  private static func scalars(_ word: ArraySlice<UInt8>) -> String.UnicodeScalarView {
    String(decoding: word, as: UTF8.self).unicodeScalars
  }

  private static func bytes(_ value: UInt32) -> [UInt8] {
    Unicode.Scalar(value).flatMap(UTF8.encode).map(Array.init) ?? []
  }
}
