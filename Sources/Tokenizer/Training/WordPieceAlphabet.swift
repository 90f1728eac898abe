/// The tokens of the characters of which words are made.
struct WordPieceAlphabet {
  /// The tokens of characters that begin a word, and of those that go on in one.
  private var beginning: [Unicode.Scalar: TokenID] = [:]
  private var continuing: [Unicode.Scalar: TokenID] = [:]

  /// Adds to `vocabulary` the characters of the words of `counter` that `options` keep, first as
  /// they begin words and then as they go on in them.
  init(
    _ counter: PieceCounter, _ options: WordPieceTrainer.Options, _ vocabulary: inout Vocabulary
  ) {
    let isKept = Self.kept(counter, options)
    for scalar in isKept.sorted() {
      beginning[scalar] = vocabulary.idOfAdded(Array(String(scalar).utf8))
    }
    var seen: Set<Unicode.Scalar> = []
    for word in counter.counts.indices {
      seen.formUnion(Self.scalars(counter.pieces[word]).dropFirst().filter(isKept.contains))
    }
    var order = options.continuationOrder.filter { seen.remove($0) != nil }
    order += seen.sorted()
    let prefix = options.rules.continuationPrefix
    for scalar in order {
      continuing[scalar] = vocabulary.idOfAdded(Array(prefix.utf8) + String(scalar).utf8)
    }
  }

  /// The characters that `options` keep.
  private static func kept(
    _ counter: PieceCounter, _ options: WordPieceTrainer.Options
  ) -> Set<Unicode.Scalar> {
    var counts: [Unicode.Scalar: Int64] = [:]
    for (word, count) in counter.counts.enumerated() {
      for scalar in scalars(counter.pieces[word]) { counts[scalar, default: 0] += count }
    }
    for scalar in options.initialAlphabet { counts[scalar] = .max }
    let kept = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    return Set(kept.prefix(max(options.alphabetLimit ?? kept.count, 0)).map(\.key))
  }

  /// The tokens of `word`, without the characters that are not kept.
  func ids(of word: ArraySlice<UInt8>) -> [TokenID] {
    Self.scalars(word).enumerated().compactMap { index, scalar in
      index == 0 ? beginning[scalar] : continuing[scalar]
    }
  }

  private static func scalars(_ word: ArraySlice<UInt8>) -> String.UnicodeScalarView {
    String(decoding: word, as: UTF8.self).unicodeScalars
  }
}
