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

  /// A space or tab that follows another character than white space always begins a piece, and
  /// nothing before it depends on what comes after; so does a newline in GPT-2's pattern.
  func lastCut(in text: Span<UInt8>, after start: Int, _ normalizer: Normalizer) -> Int? {
    var position = text.count - 1
    while position > start {
      let byte = text[position]
      if byte == 0x20 || byte == 0x09 || pattern == .gpt2 && (byte == 0x0A || byte == 0x0D) {
        let previous = UTF8Scan.previousStart(in: text, before: position)
        if endsSolid(text.extracting(previous..<position)),
          normalizer.steps.isEmpty
            || endsSolid(normalizer.normalized(text.extracting(previous..<position)).span)
        {
          return position
        }
      }
      position -= 1
    }
    return nil
  }

  /// Whether the last character of `text` exists and is no white space.
  private func endsSolid(_ text: Span<UInt8>) -> Bool {
    guard text.count > 0 else { return false }
    return !scanner.isSpace(in: text, at: UTF8Scan.previousStart(in: text, before: text.count))
  }
}
