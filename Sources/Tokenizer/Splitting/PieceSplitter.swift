import CTokenizer

/// Splits text into pieces by one of the published patterns.
struct PieceSplitter: PieceFinder {
  let pattern: SplitPattern
  private let scanner: TextScanner
  private let modern: ModernSplit

  init(_ pattern: SplitPattern) {
    self.pattern = pattern
    scanner = TextScanner()
    modern = ModernSplit(pattern, scanner)
  }

  func find(in text: Span<UInt8>, from start: Int, _ bounds: inout PieceBounds) -> Int {
    unsafe bounds.set(from: start) { ends in
      if pattern == .gpt2 {
        return unsafe scanner.table.withScalarClasses { classes in
          unsafe text.withUnsafeBufferPointer {
            unsafe gpt2_piece_ends(
              $0.baseAddress, $0.count, start, classes, ends.baseAddress, ends.count)
          }
        }
      }
      var (count, position) = (0, start)
      while count < ends.count, position < text.count {
        position = modern.pieceEnd(in: text, from: position)
        unsafe ends[count] = position
        count &+= 1
      }
      return count
    }
    return bounds.range(bounds.count - 1).upperBound
  }

  /// The last place before a space or tab that follows another character than white space.
  ///
  /// It always begins a piece, and nothing before it depends on what comes after; so does a newline
  /// in GPT-2's pattern. In the others a lone newline between such characters ends a piece, unless
  /// a slash follows it.
  func lastCut(in text: Span<UInt8>, after start: Int, _ normalizer: Normalizer) -> Int? {
    var position = text.count - 1
    while position > start {
      if pattern != .gpt2, endsWithLoneNewline(text, position, normalizer) { return position }
      let byte = text[position]
      if byte == 0x20 || byte == 0x09 || pattern == .gpt2 && (byte == 0x0A || byte == 0x0D) {
        let previous = UTF8Scan.previousStart(in: text, before: position)
        if isSolid(text.extracting(previous..<position), normalizer) { return position }
      }
      position -= 1
    }
    return nil
  }

  /// Whether a lone newline ends at `position`, the beginning of another character than a slash.
  private func endsWithLoneNewline(
    _ text: Span<UInt8>, _ position: Int, _ normalizer: Normalizer
  ) -> Bool {
    guard text[position - 1] == 0x0A, position > 1 else { return false }
    let next = UTF8Scan.scalar(in: text, at: position)
    guard position + next.length <= text.count else { return false }
    let before = UTF8Scan.previousStart(in: text, before: position - 1)
    let character = text.extracting(position..<position + next.length)
    return isSolid(text.extracting(before..<position - 1), normalizer)
      && isSolid(character, normalizer) && !beginsWithSlash(character, normalizer)
  }

  /// Whether `text` ends in another character than white space, before and after `normalizer`.
  private func isSolid(_ text: Span<UInt8>, _ normalizer: Normalizer) -> Bool {
    guard endsSolid(text) else { return false }
    if normalizer.steps.isEmpty { return true }
    guard let normalized = try? normalizer.normalized(text) else { return false }
    return endsSolid(normalized.span)
  }

  /// Whether a slash is the first character of `text` after `normalizer`.
  private func beginsWithSlash(_ text: Span<UInt8>, _ normalizer: Normalizer) -> Bool {
    let normalized = normalizer.steps.isEmpty ? nil : try? normalizer.normalized(text)
    return (normalized?.first ?? text[0]) == UInt8(ascii: "/")
  }

  /// Whether the last character of `text` exists and is no white space.
  private func endsSolid(_ text: Span<UInt8>) -> Bool {
    guard text.count > 0 else { return false }
    return !scanner.isSpace(in: text, at: UTF8Scan.previousStart(in: text, before: text.count))
  }
}
