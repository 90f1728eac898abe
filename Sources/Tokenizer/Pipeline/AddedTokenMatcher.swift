/// Finds added tokens in text, at each place the longest.
struct AddedTokenMatcher: Sendable {
  private var tokens: [AddedToken] = []
  /// The places in ``tokens`` by content.
  private var trie = PieceTrie()
  /// Whether a token begins with a byte.
  private var isFirst = [Bool](repeating: false, count: 256)
  /// Whether all tokens are special.
  private let isAllSpecial: Bool

  /// A matcher of `tokens`, written as `contents` has them by their ids, or else as they are.
  init(_ tokens: [AddedToken], writtenAs contents: [TokenID: [UInt8]]) {
    isAllSpecial = tokens.allSatisfy(\.isSpecial)
    // Of tokens that are written alike the first counts.
    for token in tokens {
      let content = contents[token.id] ?? Array(token.content.utf8)
      let isKnown = trie.longest(content.span, 0, root: PieceTrie.beginning)?.end == content.count
      guard let first = content.first, !isKnown,
        trie.insert(content, root: PieceTrie.beginning, id: TokenID(self.tokens.count))
      else { continue }
      isFirst[Int(first)] = true
      self.tokens.append(token)
    }
  }

  /// Whether no token is to be found.
  func isIdle(_ handling: SpecialTokenHandling) -> Bool {
    if isAllSpecial, case .treatAsText = handling { true } else { tokens.isEmpty }
  }

  /// The parts of a text, which they are asked for one after the other.
  func parts(_ handling: SpecialTokenHandling) -> Parts {
    Parts(matcher: self, handling: handling)
  }

  /// The parts of a text: what stands before each added token, with the token, and the rest.
  struct Parts {
    fileprivate let matcher: AddedTokenMatcher
    fileprivate let handling: SpecialTokenHandling
    /// The end of the token before.
    fileprivate var taken = 0
    /// Where to look for the next token; `nil` where the text is at its end.
    fileprivate var start: Int? = 0

    /// The next part of `text`; its token may begin in what the one before took, where both take
    /// white space.
    mutating func next(in text: Span<UInt8>) -> (text: Range<Int>, token: LocatedToken?)? {
      guard let from = start else { return nil }
      let before = taken
      guard let (token, end) = matcher.next(in: text, from: from, taken: before, handling) else {
        start = nil
        return (before..<text.count, nil)
      }
      (taken, start) = (token.range.upperBound, end)
      return (before..<max(before, token.range.lowerBound), token)
    }
  }

  /// The first token in `text` that begins at `start` or later, and where the next may begin.
  ///
  /// The one before took the text up to `taken`.
  private func next(
    in text: Span<UInt8>, from start: Int, taken: Int, _ handling: SpecialTokenHandling
  ) -> (token: LocatedToken, end: Int)? {
    if isIdle(handling) { return nil }
    var position = start
    while position < text.count {
      guard isFirst[Int(text[position])],
        let found = trie.longest(text, position, root: PieceTrie.beginning)
      else {
        position &+= 1
        continue
      }
      let token = tokens[Int(found.id)]
      if isWanted(token, in: text, position..<found.end, handling) {
        let range = extended(position..<found.end, of: token, in: text, after: taken)
        // Nothing is left of white space that the token before took.
        if !range.isEmpty { return (LocatedToken(id: token.id, range: range), found.end) }
      }
      // What was found hides what overlaps it, as in the library.
      position = found.end
    }
    return nil
  }

  private func isWanted(
    _ token: AddedToken, in text: Span<UInt8>, _ range: Range<Int>,
    _ handling: SpecialTokenHandling
  ) -> Bool {
    if token.isSpecial, case .treatAsText = handling { return false }
    if !token.isSingleWord { return true }
    let before = range.lowerBound
    let isWordBefore =
      before > 0 && Self.isWord(text, at: UTF8Scan.previousStart(in: text, before: before))
    return !isWordBefore
      && !(range.upperBound < text.count && Self.isWord(text, at: range.upperBound))
  }

  /// `range` with the white space around it, but not before `limit`, that belongs to `token`.
  private func extended(
    _ range: Range<Int>, of token: AddedToken, in text: Span<UInt8>, after limit: Int
  ) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    if token.stripsLeft {
      while start > 0 {
        let previous = UTF8Scan.previousStart(in: text, before: start)
        guard previous >= limit, Self.isSpace(text, at: previous) else { break }
        start = previous
      }
      start = max(start, limit)
    }
    while token.stripsRight, end < text.count, Self.isSpace(text, at: end) {
      end += UTF8Scan.scalar(in: text, at: end).length
    }
    return min(start, end)..<end
  }

  private static func isSpace(_ text: Span<UInt8>, at position: Int) -> Bool {
    let (value, _) = UTF8Scan.scalar(in: text, at: position)
    return BertCharacterTable.shared[value].contains(.whiteSpace)
  }

  private static func isWord(_ text: Span<UInt8>, at position: Int) -> Bool {
    WordCharacters.contains(UTF8Scan.scalar(in: text, at: position).value)
  }
}
