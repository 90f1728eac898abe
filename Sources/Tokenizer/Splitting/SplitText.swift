/// A text between added tokens on its way through the pre-tokenizers, which cut it into pieces and
/// may rewrite these.
struct SplitText {
  /// The text.
  private(set) var bytes: [UInt8]
  /// Where its pieces are, none of them empty; what is between them was taken out.
  private(set) var pieces: [Range<Int>]
  /// The way back to the text as it was when it came; empty without an origin.
  private var alignment = Alignment()
  private let origin: Origin?

  /// Where a text came from: it begins at `start` of normalised text, `alignment` is the way back
  /// from there, and that began at `inputStart` of the input.
  struct Origin {
    let alignment: Alignment
    let start: Int
    let inputStart: Int
  }

  /// A text of one piece; without an `origin`, places are of no interest.
  init(_ text: Span<UInt8>, origin: Origin? = nil) {
    bytes = Array(copying: text)
    pieces = text.count == 0 ? [] : [0..<text.count]
    self.origin = origin
  }

  /// Cuts each piece of more than `limit` bytes into those that `parts` gives, as places in the piece.
  mutating func split(
    longerThan limit: Int = 0, _ parts: (Span<UInt8>) throws(TokenizerError) -> [Range<Int>]
  ) throws(TokenizerError) {
    var result: [Range<Int>] = []
    result.reserveCapacity(pieces.count)
    for piece in pieces {
      if piece.count <= limit {
        result.append(piece)
        continue
      }
      for part in try parts(bytes.span.extracting(piece)) where !part.isEmpty {
        result.append(piece.lowerBound + part.lowerBound..<piece.lowerBound + part.upperBound)
      }
    }
    pieces = result
  }

  /// Writes each piece anew by `write`, which appends it, and is told of its place.
  mutating func rewrite(_ write: (Span<UInt8>, Range<Int>, inout NormalizedText) -> Void) {
    var output = NormalizedText(capacity: bytes.count, recordsRuns: origin != nil)
    for (index, piece) in pieces.enumerated() {
      output.copy(bytes.span, upTo: piece.lowerBound)
      let start = output.bytes.count
      write(bytes.span, piece, &output)
      output.copy(bytes.span, upTo: piece.upperBound)
      pieces[index] = start..<output.bytes.count
    }
    output.copy(bytes.span, upTo: bytes.count)
    bytes = output.bytes
    if origin != nil { alignment.stages.append(output.runs) }
  }

  /// What of the input `range` of the text came from.
  func original(_ range: Range<Int>) -> Range<Int> {
    let range = alignment.original(range)
    guard let origin else { return range }
    let original = origin.alignment.original(
      origin.start + range.lowerBound..<origin.start + range.upperBound)
    let start = origin.inputStart + original.lowerBound
    return start..<start + original.count
  }
}
