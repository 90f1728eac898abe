/// A token that is found in text before words are, as the `added_tokens` of a `tokenizer.json`.
public struct AddedToken: Equatable, Sendable {
  /// Its id.
  public let id: TokenID
  /// How it is written.
  public let content: String
  /// Whether it marks something about a text instead of being a part of it.
  public let isSpecial: Bool
  /// Whether it is found only where no word character stands beside it.
  public let isSingleWord: Bool
  /// Whether white space before it belongs to it.
  public let stripsLeft: Bool
  /// Whether white space behind it belongs to it.
  public let stripsRight: Bool
  /// Whether it is found in normalised text, itself normalised.
  public let isNormalized: Bool

  /// No file has longer ones, nor longer pieces of words, in bytes: at each place of a text all of
  /// a token may have to be compared.
  static let longestContent = 4096

  /// An added token; without more arguments a special one.
  public init(
    id: TokenID, content: String, isSpecial: Bool = true, isSingleWord: Bool = false,
    stripsLeft: Bool = false, stripsRight: Bool = false, isNormalized: Bool = false
  ) {
    self.id = id
    self.content = content
    self.isSpecial = isSpecial
    self.isSingleWord = isSingleWord
    self.stripsLeft = stripsLeft
    self.stripsRight = stripsRight
    self.isNormalized = isNormalized
  }

  /// The special token `token`.
  init(_ token: SpecialToken) { self.init(id: token.id, content: token.content) }

  /// Whether both are the same, their contents by bytes.
  public static func == (left: AddedToken, right: AddedToken) -> Bool {
    left.id == right.id && left.content.utf8.elementsEqual(right.content.utf8)
      && left.isSpecial == right.isSpecial && left.isSingleWord == right.isSingleWord
      && left.stripsLeft == right.stripsLeft && left.stripsRight == right.stripsRight
      && left.isNormalized == right.isNormalized
  }
}

/// Finds added tokens in text, at each place the longest.
struct AddedTokenMatcher: Sendable {
  /// An added token found in a text.
  struct Match {
    let id: TokenID
    /// What it takes of the text; it may begin in what the token before took, where both take
    /// white space.
    let range: Range<Int>
    /// Where to look for the next one.
    let end: Int
  }

  private var tokens: [AddedToken] = []
  /// The places in ``tokens`` by content.
  private var trie = PieceTrie()
  /// Whether a token begins with a byte.
  private var isFirst = [Bool](repeating: false, count: 256)
  /// Whether all tokens are special.
  private let isAllSpecial: Bool

  /// A matcher of `tokens`, written as they are or, with a `normalizer`, as it leaves them.
  init(_ tokens: [AddedToken], normalizer: Normalizer? = nil) {
    isAllSpecial = tokens.allSatisfy(\.isSpecial)
    for token in tokens {
      let bytes = Array(token.content.utf8)
      let content = normalizer?.normalized(bytes.span) ?? bytes
      guard let first = content.first,
        trie.insert(content, root: PieceTrie.beginning, id: TokenID(self.tokens.count))
      else { continue }
      isFirst[Int(first)] = true
      self.tokens.append(token)
    }
  }

  /// Whether there is no token to be found.
  var isEmpty: Bool { tokens.isEmpty }

  /// The first token in `text` that begins at `start` or later; the one before took the text up
  /// to `taken`.
  func next(
    in text: Span<UInt8>, from start: Int, taken: Int, _ handling: SpecialTokenHandling
  ) -> Match? {
    if tokens.isEmpty { return nil }
    if isAllSpecial, case .treatAsText = handling { return nil }
    var position = start
    while position < text.count {
      guard isFirst[Int(text[position])],
        let found = trie.longest(text, position, text.count, root: PieceTrie.beginning)
      else {
        position &+= 1
        continue
      }
      let token = tokens[Int(found.id)]
      if isWanted(token, in: text, position..<found.end, handling) {
        let range = extended(position..<found.end, of: token, in: text, after: taken)
        // Nothing is left of white space that the token before took.
        if !range.isEmpty { return Match(id: token.id, range: range, end: found.end) }
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

  /// Whether a word character of Unicode's regular expressions (UTS 18, annex C) is there.
  ///
  /// The library knows those of Unicode 16.0, the standard library also later ones.
  private static func isWord(_ text: Span<UInt8>, at position: Int) -> Bool {
    guard let scalar = Unicode.Scalar(UTF8Scan.scalar(in: text, at: position).value) else {
      return false
    }
    let properties = scalar.properties
    guard let age = properties.age, age.major <= 16 else { return false }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default: return properties.isAlphabetic || properties.isJoinControl
    }
  }
}
