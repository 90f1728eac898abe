/// Finds the pieces of one word after the other, with memory that is used again.
struct WordMatcher: PieceModel {
  private let trie: PieceTrie
  private let unknownID: TokenID
  private let longestWord: Int
  /// The pieces of the word so far, and where each ends.
  private var ids: [TokenID] = []
  private var ends: [Int] = []

  init(_ trie: PieceTrie, unknownID: TokenID, _ rules: WordPieceTokenizer.Rules) {
    self.trie = trie
    self.unknownID = unknownID
    longestWord = rules.longestWord
  }

  /// The pieces of `word`: at each place the longest, or one unknown token where there is none or
  /// the word is too long.
  mutating func tokens(of word: Span<UInt8>) -> [TokenID] {
    match(word) ? ids : [unknownID]
  }

  /// The pieces of `word`, and how many of its bytes each stands for.
  mutating func located(_ word: Span<UInt8>) -> [(id: TokenID, length: Int)] {
    guard match(word) else { return [(unknownID, word.count)] }
    return ids.indices.map { (ids[$0], ends[$0] - ($0 > 0 ? ends[$0 - 1] : 0)) }
  }

  /// Finds the pieces of `word`; says whether it has any.
  private mutating func match(_ word: Span<UInt8>) -> Bool {
    ids.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    guard isShort(word) else { return false }
    var (position, root) = (0, PieceTrie.beginning)
    while position < word.count, let piece = trie.longest(word, position, root: root) {
      ids.append(piece.id)
      ends.append(piece.end)
      position = piece.end
      root = PieceTrie.continuation
    }
    return position == word.count
  }

  private func isShort(_ word: Span<UInt8>) -> Bool {
    word.count <= longestWord
      || word.indices.count { word[$0] & 0xC0 != 0x80 } <= longestWord
  }
}
