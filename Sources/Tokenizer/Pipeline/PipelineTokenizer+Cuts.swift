extension FindingTokenizer {
  /// The last place in `text`, but after `start`, where a text that begins so can be cut without a
  /// change of its tokens; `nil` if none is known.
  ///
  /// It lies beside white space where the finder of pieces may cut, and no added token spans it or
  /// takes white space there; there is none if a step of normalisation looks across it. `text` has
  /// to be UTF-8.
  public func lastCut(in text: Span<UInt8>, after start: Int) -> Int? {
    guard normalizer.passes.allSatisfy(\.isLocal) else { return nil }
    let contents = pipeline.normalizedContents
    let raw = SpanningTokens(
      pipeline.rawMatcher, addedTokens.filter { !$0.isNormalized }, writtenAs: contents)
    let normalized = SpanningTokens(
      pipeline.normalizedMatcher, addedTokens.filter(\.isNormalized), writtenAs: contents)
    var end = text.count
    while let cut = finder.lastCut(in: text.extracting(..<end), after: start, normalizer) {
      if !raw.maySpan(cut, in: text), !normalized.maySpan(cut, inNormalized: text, normalizer) {
        return cut
      }
      end = UTF8Scan.previousStart(in: text, before: cut)
      if end <= start { break }
    }
    return nil
  }
}

/// The added tokens that may span a cut beside white space.
private struct SpanningTokens {
  private struct Spelling {
    let content: [UInt8]
    let stripsLeft: Bool
    let stripsRight: Bool
  }

  private var tokens: [Spelling] = []

  /// Those of `tokens` that `matcher` finds in text or that hide what overlaps them.
  init(
    _ matcher: AddedTokenMatcher, _ tokens: [AddedToken], writtenAs contents: [TokenID: [UInt8]]
  ) {
    guard !matcher.isIdle(.treatAsText) else { return }
    self.tokens = tokens.compactMap { token in
      let content = contents[token.id] ?? Array(token.content.utf8)
      let holdsSpace = String(decoding: content, as: UTF8.self).unicodeScalars.contains {
        $0.properties.isWhitespace
      }
      guard token.stripsLeft || token.stripsRight || holdsSpace else { return nil }
      return Spelling(
        content: content, stripsLeft: token.stripsLeft, stripsRight: token.stripsRight)
    }
  }

  /// Whether a token may be found on both sides of `cut` in the beginning `text` of a text, or take
  /// white space there.
  func maySpan(_ cut: Int, in text: Span<UInt8>) -> Bool {
    if tokens.isEmpty { return false }
    let (spaceStart, spaceEnd) = (
      Self.space(in: text, before: cut), Self.space(in: text, behind: cut)
    )
    return tokens.contains { token in
      let count = token.content.count
      let isInside = (1..<max(1, count)).contains {
        $0 <= cut && Self.matches(text, at: cut - $0, token.content)
      }
      return isInside
        || token.stripsRight && spaceStart >= count
          && Self.matches(text, at: spaceStart - count, token.content)
        || token.stripsLeft && Self.matches(text, at: spaceEnd, token.content)
    }
  }

  /// Whether a token may be found in the normalised text on both sides of `cut` in `text`, or take
  /// white space there; also if too little of the text is known.
  func maySpan(_ cut: Int, inNormalized text: Span<UInt8>, _ normalizer: Normalizer) -> Bool {
    guard let longest = tokens.map(\.content.count).max() else { return false }
    // A byte of normalised text comes from at most four.
    let reach = 4 * longest + 64
    var (start, end) = (max(0, cut - reach), cut + reach)
    while start > 0, !Self.isBoundary(start, in: text) { start -= 1 }
    while end < text.count, !Self.isBoundary(end, in: text) { end += 1 }
    guard end < text.count else { return true }
    guard let before = try? normalizer.normalized(text.extracting(start..<cut)),
      let behind = try? normalizer.normalized(text.extracting(cut..<end))
    else { return true }
    let all = before + behind
    let isSpaceOnly = Self.space(in: all.span, before: before.count) == 0
    return start > 0 && isSpaceOnly || maySpan(before.count, in: all.span)
  }

  /// Whether `place` is between two ASCII characters, over which no normalisation reaches.
  private static func isBoundary(_ place: Int, in text: Span<UInt8>) -> Bool {
    text[place - 1] < 0x80 && text[place] < 0x80
  }

  /// Whether `content`, as far as `text` goes, stands at `start`.
  private static func matches(_ text: Span<UInt8>, at start: Int, _ content: [UInt8]) -> Bool {
    let count = min(content.count, text.count - start)
    return (0..<count).allSatisfy { text[start + $0] == content[$0] }
  }

  /// Where the white space that ends at `place` begins.
  private static func space(in text: Span<UInt8>, before place: Int) -> Int {
    var start = place
    while start > 0 {
      let previous = UTF8Scan.previousStart(in: text, before: start)
      guard isSpace(UTF8Scan.scalar(in: text, at: previous).value) else { break }
      start = previous
    }
    return start
  }

  /// Where the white space that begins at `place` ends.
  private static func space(in text: Span<UInt8>, behind place: Int) -> Int {
    var end = place
    while end < text.count {
      let (value, length) = UTF8Scan.scalar(in: text, at: end)
      guard isSpace(value) else { break }
      end += length
    }
    return end
  }

  private static func isSpace(_ value: UInt32) -> Bool {
    Unicode.Scalar(value)?.properties.isWhitespace ?? false
  }
}
