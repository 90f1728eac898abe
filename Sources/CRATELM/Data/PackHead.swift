/// The beginning of a text, kept as it came.
struct PackHead {
  /// A piece of a document, as it was appended.
  struct Piece {
    let tokenCount: Int
    var byteCount: Int
    var endsDocument = false
  }

  private(set) var ids: [Int32] = []
  private(set) var pieces: [Piece] = []

  /// The documents that have ended.
  var documentCount: Int { pieces.count { $0.endsDocument } }

  mutating func append(_ ids: [Int32], byteCount: Int) {
    self.ids += ids
    pieces.append(Piece(tokenCount: ids.count, byteCount: byteCount))
  }

  /// Ends the document begun, if one is, whose last `byteCount` bytes gave no token.
  mutating func endDocument(byteCount: Int) {
    guard let last = pieces.indices.last, !pieces[last].endsDocument else { return }
    pieces[last].byteCount += byteCount
    pieces[last].endsDocument = true
  }
}

/// The bytes of a piece of text, shared out between its parts in proportion to the bytes that their
/// ids spell: exactly, where the ids spell the text byte for byte.
struct ByteShares {
  private let byteCount, spelledByteCount: Int
  private var spelled = 0
  private var given = 0

  /// `byteCount` bytes for parts that spell `spelledByteCount` in all.
  init(byteCount: Int, spelledByteCount: Int) {
    self.byteCount = byteCount
    self.spelledByteCount = spelledByteCount
  }

  /// The share of the next part, which spells `partByteCount` bytes.
  mutating func take(spelling partByteCount: Int) -> Int {
    spelled += partByteCount
    var end = byteCount
    if spelled < spelledByteCount {
      end = spelledByteCount.dividingFullWidth(byteCount.multipliedFullWidth(by: spelled)).quotient
    }
    defer { given = end }
    return end - given
  }
}
