/// Finds the pieces of one word after the other, with memory that is used again.
struct WordMatcher {
  private let trie: PieceTrie
  private let unknownID: TokenID
  private let longestWord: Int
  /// The pieces of the word.
  private(set) var ids: [TokenID] = []
  /// The bytes of the word that each piece stands for.
  private(set) var lengths: [Int] = []
  private var lowercased: [UInt8] = []

  init(_ tokenizer: WordPieceTokenizer) {
    trie = tokenizer.trie
    unknownID = tokenizer.unknownID
    longestWord = tokenizer.rules.longestWord
  }

  /// Makes ``ids`` the pieces of the ASCII word `range` of `text`, in lower case if so asked.
  mutating func match(_ text: Span<UInt8>, _ range: Range<Int>, lowercases: Bool) {
    guard lowercases else {
      match(text, range)
      return
    }
    lowercased.removeAll(keepingCapacity: true)
    for index in range {
      let byte = text[index]
      lowercased.append(65...90 ~= byte ? byte | 0x20 : byte)
    }
    let word = lowercased
    match(word.span, 0..<word.count)
  }

  /// Makes ``ids`` the pieces of the word `range` of `text`: at each place the longest, or one
  /// unknown token where there is none or the word is too long.
  mutating func match(_ text: Span<UInt8>, _ range: Range<Int>) {
    ids.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    if range.count <= longestWord || scalarCount(text, range) <= longestWord {
      var position = range.lowerBound
      var root = PieceTrie.beginning
      while position < range.upperBound,
        let piece = trie.longest(text, position, range.upperBound, root: root)
      {
        ids.append(piece.id)
        lengths.append(piece.end &- position)
        position = piece.end
        root = PieceTrie.continuation
      }
      if position == range.upperBound { return }
    }
    ids.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    ids.append(unknownID)
    lengths.append(range.count)
  }

  private func scalarCount(_ text: Span<UInt8>, _ range: Range<Int>) -> Int {
    var count = 0
    for index in range where text[index] & 0xC0 != 0x80 { count &+= 1 }
    return count
  }
}
