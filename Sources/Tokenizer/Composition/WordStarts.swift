/// Where a piece may be cut without a change of its tokens: before a character that stands in no token
/// behind another one, as sentencepiece's visible space does.
///
/// No merge has its two sides beside such a place, so that those on the one side know nothing of the
/// other; pieces of whole texts become words, which are remembered.
struct WordStarts {
  /// Pieces of so many bytes need no cut.
  static let shortest = 32

  /// What often begins words: sentencepiece's space, a byte-level one, and one as it is.
  private static let candidates: [Unicode.Scalar] = ["\u{2581}", "\u{120}", " "]

  /// The character, in UTF-8.
  private let mark: [UInt8]
  /// Whether the places of tokens stay, too: not where characters without a token are left out, which
  /// as in the library moves the places behind them in a piece.
  let keepsPlaces: Bool

  /// The places in pieces of a model with these parts; `nil` where none is known.
  init?(_ vocabulary: Vocabulary, _ merges: [Merge], _ rules: BytePairRules) {
    guard !rules.ignoresMerges, rules.continuationPrefix.isEmpty, rules.wordSuffix.isEmpty else {
      return nil
    }
    let candidate = Self.candidates.lazy.map { Array(String($0).utf8) }.first { mark in
      vocabulary.id(of: mark) != nil
        && merges.allSatisfy { !Self.parts(vocabulary.bytes(of: $0.result) ?? [], at: mark) }
    }
    guard let candidate else { return nil }
    mark = candidate
    keepsPlaces = rules.unknownToken != nil
  }

  /// Whether `mark` stands in `token` behind another character.
  private static func parts(_ token: [UInt8], at mark: [UInt8]) -> Bool {
    var isParted = false
    forEachStart(of: mark, in: token.span) { _ in isParted = true }
    return isParted
  }

  /// The parts of `piece`.
  func parts(of piece: Span<UInt8>) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = 0
    Self.forEachStart(of: mark, in: piece) { place in
      parts.append(start..<place)
      start = place
    }
    parts.append(start..<piece.count)
    return parts
  }

  /// Calls `body` with each place in `text` where `mark` stands behind another character.
  @inline(__always)
  private static func forEachStart(
    of mark: [UInt8], in text: Span<UInt8>, _ body: (Int) -> Void
  ) {
    let (length, first) = (mark.count, mark[0])
    // The end of the last mark; at the beginning there is nothing to part from.
    var (markEnd, position) = (0, 0)
    while position + length <= text.count {
      guard text[position] == first,
        ByteHash.areEqual(text.extracting(position..<position + length), mark.span)
      else {
        position += 1
        continue
      }
      if position > markEnd { body(position) }
      position += length
      markEnd = position
    }
  }
}
