/// Splits text into pieces.
protocol PieceFinder: Sendable {
  /// Makes `bounds` those of the next pieces of `text`, which is UTF-8, from `start` on, inside the
  /// text; returns where to go on.
  func find(in text: Span<UInt8>, from start: Int, _ bounds: inout PieceBounds) -> Int

  /// Makes `bounds` those of the next pieces of text that is not normalised yet, as far as they can
  /// be found all the same; returns what has to be normalised before the search goes on behind it.
  func findEarly(
    in text: Span<UInt8>, from start: Int, _ bounds: inout PieceBounds
  ) -> Range<Int>

  /// The longest prefix of `text` after which a cut leaves the pieces as they are when both parts
  /// are normalised, whatever follows; `nil` where there is none of more than `start` bytes.
  func lastCut(in text: Span<UInt8>, after start: Int, _ normalizer: Normalizer) -> Int?
}

extension PieceFinder {
  /// No pieces; all text has to be normalised.
  func findEarly(
    in text: Span<UInt8>, from start: Int, _ bounds: inout PieceBounds
  ) -> Range<Int> {
    unsafe bounds.set { _, _ in 0 }
    return start..<text.count
  }

  /// The pieces of `text`, which is UTF-8.
  func pieces(in text: Span<UInt8>) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    forEachPiece(in: text) { pieces.append($0) }
    return pieces
  }

  /// Calls `body` with the range of every piece of `text`, which is UTF-8.
  @inline(__always)
  func forEachPiece(in text: Span<UInt8>, _ body: (Range<Int>) -> Void) {
    var bounds = PieceBounds()
    var position = 0
    while position < text.count {
      position = find(in: text, from: position, &bounds)
      for index in 0..<bounds.count { body(bounds.range(index)) }
    }
  }
}
