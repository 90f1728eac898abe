/// The characters of the words of a corpus that get tokens.
struct WordPieceAlphabet {
  /// The words as tokens, one character each.
  struct Words {
    var ids: [TokenID] = []
    /// Where each word begins in ``ids``.
    var starts: [Int] = []
    var counts: [Int64] = []
  }

  private var isKept: Set<UInt32> = []

  /// The characters of the words of `counter` that `options` keep.
  init(_ counter: PieceCounter, _ options: WordPieceTrainer.Options) {
    var counts: [UInt32: Int64] = [:]
    for word in 0..<counter.count {
      for scalar in Self.scalars(counter.piece(word)) {
        counts[scalar.value, default: 0] += counter.counts[word]
      }
    }
    for scalar in options.initialAlphabet { counts[scalar.value] = .max }
    var kept = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    if let limit = options.alphabetLimit, limit < kept.count {
      kept.removeLast(kept.count - max(limit, 0))
    }
    isKept = Set(kept.map(\.key))
  }

  /// Adds the characters to `vocabulary`, first as they begin words and then as they go on in
  /// them, and gives the words of `counter` as their ids.
  func words(
    _ counter: PieceCounter, _ vocabulary: inout Vocabulary, _ options: WordPieceTrainer.Options
  ) -> Words {
    let prefix = Array(options.rules.continuationPrefix.utf8)
    var beginning: [UInt32: TokenID] = [:]
    for value in isKept.sorted() {
      beginning[value] = Self.add(Self.bytes(value), to: &vocabulary)
    }
    var seen: Set<UInt32> = []
    for word in 0..<counter.count {
      for scalar in Self.scalars(counter.piece(word)).dropFirst()
      where isKept.contains(scalar.value) {
        seen.insert(scalar.value)
      }
    }
    var order = options.continuationOrder.map(\.value).filter { seen.remove($0) != nil }
    order += seen.sorted()
    var continuing: [UInt32: TokenID] = [:]
    for value in order {
      continuing[value] = Self.add(prefix + Self.bytes(value), to: &vocabulary)
    }
    var words = Words()
    for word in 0..<counter.count {
      words.starts.append(words.ids.count)
      words.counts.append(counter.counts[word])
      for (index, scalar) in Self.scalars(counter.piece(word)).enumerated() {
        let id = index == 0 ? beginning[scalar.value] : continuing[scalar.value]
        if let id { words.ids.append(id) }
      }
    }
    return words
  }

  /// The id of the token `bytes`, not empty: the next free one unless there is one already.
  static func add(_ bytes: [UInt8], to vocabulary: inout Vocabulary) -> TokenID {
    if let id = vocabulary.id(of: bytes) { return id }
    let id = vocabulary.size
    // Neither the id nor the bytes are taken.
    try? vocabulary.insert(bytes, id: Int64(id))
    return TokenID(id)
  }

  private static func scalars(_ word: ArraySlice<UInt8>) -> [Unicode.Scalar] {
    Array(String(decoding: word, as: UTF8.self).unicodeScalars)
  }

  private static func bytes(_ value: UInt32) -> [UInt8] {
    Unicode.Scalar(value).flatMap(UTF8.encode).map(Array.init) ?? []
  }
}
