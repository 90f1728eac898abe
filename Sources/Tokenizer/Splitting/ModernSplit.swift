/// Splits text as cl100k, o200k and Qwen 2 do, by a scanner; their patterns are in ``SplitPattern``.
struct ModernSplit: Sendable {
  private let scanner: TextScanner
  /// Whether words are split by case, contractions stay with their words and slashes follow
  /// punctuation.
  private let isO200k: Bool
  /// How many digits stay together.
  private let longestNumber: Int

  init(_ pattern: SplitPattern, _ scanner: TextScanner) {
    self.scanner = scanner
    isO200k = pattern == .o200k
    longestNumber = pattern == .qwen2 ? 1 : 3
  }

  /// Where the piece that begins at `start` ends; `text` is UTF-8 and `start` inside it.
  @inline(__always)
  func pieceEnd(in text: Span<UInt8>, from start: Int) -> Int {
    let (first, next) = scanner.character(in: text, at: start)
    if first == .number { return numberEnd(in: text, from: next) }
    if isO200k {
      if let end = casedWordEnd(in: text, from: start, first, next) { return end }
    } else {
      if let end = contractionEnd(in: text, at: start) { return end }
      if first.isLetter { return scanner.runEnd(in: text, from: next) { $0.isLetter } }
      if next < text.count, !isNewline(text[start]) {
        let (second, end) = scanner.character(in: text, at: next)
        if second.isLetter { return scanner.runEnd(in: text, from: end) { $0.isLetter } }
      }
    }
    if first != .space { return otherEnd(in: text, from: next) }
    if text[start] == 0x20, next < text.count {
      let (second, end) = scanner.character(in: text, at: next)
      if second.isOther { return otherEnd(in: text, from: end) }
    }
    return whitespaceEnd(in: text, from: start)
  }

  /// The end of up to ``longestNumber`` numbers, the first of which ends at `start`.
  private func numberEnd(in text: Span<UInt8>, from start: Int) -> Int {
    var position = start
    for _ in 1..<longestNumber where position < text.count {
      let (characterClass, end) = scanner.character(in: text, at: position)
      if characterClass != .number { break }
      position = end
    }
    return position
  }

  /// The end of `[^\s\p{L}\p{N}]+[\r\n]*`, the first character of which ends at `start`; o200k's
  /// has `[\r\n/]*`.
  private func otherEnd(in text: Span<UInt8>, from start: Int) -> Int {
    var position = scanner.runEnd(in: text, from: start) { $0.isOther }
    while position < text.count {
      let byte = text[position]
      guard isNewline(byte) || isO200k && byte == UInt8(ascii: "/") else { break }
      position += 1
    }
    return position
  }

  /// The end of `\s*[\r\n]+|\s+(?!\S)|\s+` for a run of white space that begins at `start`: up to
  /// its last newline; without one it keeps its last character for what follows, if anything
  /// does and the run has another.
  private func whitespaceEnd(in text: Span<UInt8>, from start: Int) -> Int {
    var (last, end) = (start, start)
    var newlineEnd: Int?
    while end < text.count {
      let (characterClass, next) = scanner.character(in: text, at: end)
      if characterClass != .space { break }
      if isNewline(text[end]) { newlineEnd = next }
      (last, end) = (end, next)
    }
    if let newlineEnd { return newlineEnd }
    return end == text.count || last == start ? end : last
  }

  /// The end of the contraction at `start`, letters of either case, U+017F among the letters s.
  private func contractionEnd(in text: Span<UInt8>, at start: Int) -> Int? {
    guard start &+ 1 < text.count, text[start] == UInt8(ascii: "'") else { return nil }
    let first = text[start &+ 1]
    let second = start &+ 2 < text.count ? text[start &+ 2] : 0
    switch first | 0x20 {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start &+ 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return second | 0x20 == UInt8(ascii: "e") ? start &+ 3 : nil
    case UInt8(ascii: "l"):
      return second | 0x20 == UInt8(ascii: "l") ? start &+ 3 : nil
    default:
      return first == 0xC5 && second == 0xBF ? start &+ 3 : nil
    }
  }

  /// The end of o200k's first two alternatives at `start`, whose first character ends at `next`;
  /// `nil` where neither matches.
  private func casedWordEnd(
    in text: Span<UInt8>, from start: Int, _ first: CharacterClass, _ next: Int
  ) -> Int? {
    if first.isLetter {
      return withContraction(
        in: text, lowerWordEnd(in: text, from: start) ?? upperRun(in: text, from: start).end)
    }
    if isNewline(text[start]) { return nil }
    // Any one character but a letter, number or newline may stand before the word. A mark may
    // also be the word's first character, if nothing else makes a word that ends in lower case.
    if let end = lowerWordEnd(in: text, from: next) { return withContraction(in: text, end) }
    if first == .mark, let end = lowerWordEnd(in: text, from: start) {
      return withContraction(in: text, end)
    }
    let end = upperRun(in: text, from: next).end
    return end > next ? withContraction(in: text, end) : nil
  }

  /// The end of `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+` at `start`.
  ///
  /// Where no lower case follows, the first part gives back what it took until its last
  /// character is one that both parts take.
  private func lowerWordEnd(in text: Span<UInt8>, from start: Int) -> Int? {
    let (upperEnd, caselessEnd) = upperRun(in: text, from: start)
    let end = scanner.runEnd(in: text, from: upperEnd) { $0.mayBeLower }
    return end > upperEnd ? end : caselessEnd
  }

  /// The end of the run of `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]` at `start`, and that of the last
  /// character in it that has no case.
  private func upperRun(in text: Span<UInt8>, from start: Int) -> (end: Int, caselessEnd: Int?) {
    var position = start
    var caselessEnd: Int?
    while position < text.count {
      let (characterClass, end) = scanner.character(in: text, at: position)
      if !characterClass.mayBeUpper { break }
      if characterClass.isCaseless { caselessEnd = end }
      position = end
    }
    return (position, caselessEnd)
  }

  private func withContraction(in text: Span<UInt8>, _ end: Int) -> Int {
    end < text.count ? contractionEnd(in: text, at: end) ?? end : end
  }

  @inline(__always)
  private func isNewline(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
}
