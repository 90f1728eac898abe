/// Finds the pieces of one word after the other, with memory that is used again.
struct WordMatcher {
  private let trie: PieceTrie
  private let unknownID: TokenID
  private let longestWord: Int
  /// The pieces of the word.
  private(set) var ids: [TokenID] = []
  /// The bytes of the word that each piece stands for.
  private(set) var lengths: [Int] = []

  init(_ tokenizer: WordPieceTokenizer) {
    trie = tokenizer.trie
    unknownID = tokenizer.unknownID
    longestWord = tokenizer.rules.longestWord
  }

  /// Makes ``ids`` the pieces of the ASCII word `range` of `text`, in lower case if so asked.
  mutating func match(_ text: Span<UInt8>, _ range: Range<Int>, lowercases: Bool) {
    guard lowercases else { return match(text, range) }
    let word = range.map { index in
      let byte = text[index]
      return 65...90 ~= byte ? byte | 0x20 : byte
    }
    match(word.span, word.indices)
  }

  /// Makes ``ids`` the pieces of the word `range` of `text`: at each place the longest, or one
  /// unknown token where there is none or the word is too long.
  mutating func match(_ text: Span<UInt8>, _ range: Range<Int>) {
    ids.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    var position = range.lowerBound
    if isShort(text, range) {
      var root = PieceTrie.beginning
      while position < range.upperBound,
        let piece = trie.longest(text, position, range.upperBound, root: root)
      {
        ids.append(piece.id)
        lengths.append(piece.end &- position)
        position = piece.end
        root = PieceTrie.continuation
      }
    }
    if position < range.upperBound { (ids, lengths) = ([unknownID], [range.count]) }
  }

  private func isShort(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    range.count <= longestWord
      || range.count { text[$0] & 0xC0 != 0x80 } <= longestWord
  }
}
