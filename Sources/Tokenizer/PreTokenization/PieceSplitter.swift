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

  /// Makes `bounds` those of at least one and at most `PieceBounds.capacity` pieces of `text`,
  /// which is UTF-8, the first of which begins at `start`, inside the text.
  func find(in text: Span<UInt8>, from start: Int, _ bounds: inout PieceBounds) {
    if pattern == .gpt2 {
      unsafe bounds.set(from: start) { ends in
        unsafe scanner.table.withScalarClasses { classes in
          unsafe text.withUnsafeBufferPointer {
            unsafe gpt2_piece_ends(
              $0.baseAddress, $0.count, start, classes, ends.baseAddress, ends.count)
          }
        }
      }
      return
    }
    unsafe bounds.set(from: start) { ends in
      var (count, position) = (0, start)
      while count < ends.count, position < text.count {
        position = modern.pieceEnd(in: text, from: position)
        unsafe ends[count] = position
        count &+= 1
      }
      return count
    }
  }

  /// Calls `body` with the range of every piece of `text`, which is UTF-8.
  @inline(__always)
  func forEachPiece(in text: Span<UInt8>, _ body: (Range<Int>) -> Void) {
    var bounds = PieceBounds()
    var start = 0
    while start < text.count {
      find(in: text, from: start, &bounds)
      for index in 0..<bounds.count { body(bounds.range(index)) }
      start = bounds.range(bounds.count - 1).upperBound
    }
  }

  /// The longest prefix of `text` after which a cut leaves the pieces as they are, whatever
  /// follows; `nil` where there is none but the empty one.
  ///
  /// A space or tab that follows another character than white space always begins a piece, and
  /// nothing before it depends on what comes after; so does a newline in GPT-2's pattern.
  /// `isSolid` says whether a character, when normalised, is there and no white space. Only cuts
  /// after `start` are looked for.
  func lastCut(
    in text: Span<UInt8>, after start: Int, isSolid: (Span<UInt8>) -> Bool
  ) -> Int? {
    var position = text.count - 1
    while position > start {
      let byte = text[position]
      if byte == 0x20 || byte == 0x09 || pattern == .gpt2 && (byte == 0x0A || byte == 0x0D) {
        let previous = UTF8Scan.previousStart(in: text, before: position)
        let character = text.extracting(previous..<position)
        if !scanner.isSpace(in: text, at: previous), isSolid(character) { return position }
      }
      position -= 1
    }
    return nil
  }

  /// Whether the last character of `text` exists and is no white space.
  func endsSolid(_ text: Span<UInt8>) -> Bool {
    guard text.count > 0 else { return false }
    return !scanner.isSpace(in: text, at: UTF8Scan.previousStart(in: text, before: text.count))
  }
}
