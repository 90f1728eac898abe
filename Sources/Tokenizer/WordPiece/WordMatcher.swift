/// Finds the pieces of one word after the other, with memory that is used again.
struct WordMatcher: PieceModel {
  private let trie: PieceTrie
  private let unknownID: TokenID
  private let longestWord: Int
  /// The pieces of the word so far.
  private var ids: [TokenID] = []

  init(_ trie: PieceTrie, unknownID: TokenID, longestWord: Int) {
    self.trie = trie
    self.unknownID = unknownID
    self.longestWord = longestWord
  }

  /// The pieces of `word`: at each place the longest, or one unknown token where there is none or
  /// the word is too long.
  mutating func tokens(of word: Span<UInt8>) -> [TokenID] {
    ids.removeAll(keepingCapacity: true)
    var position = 0
    if isShort(word) {
      var root = PieceTrie.beginning
      while position < word.count, let piece = trie.longest(word, position, root: root) {
        ids.append(piece.id)
        position = piece.end
        root = PieceTrie.continuation
      }
    }
    return position < word.count ? [unknownID] : ids
  }

  private func isShort(_ word: Span<UInt8>) -> Bool {
    word.count <= longestWord
      || word.indices.count { word[$0] & 0xC0 != 0x80 } <= longestWord
  }
}
