/// The beginning of a text, in pieces as appended.
struct PackHead {
  /// A piece of a document.
  struct Piece {
    let tokenCount: Int
    var byteCount: Int
    var endsDocument = false
  }

  private(set) var ids: [Int32] = []
  private(set) var pieces: [Piece] = []

  /// The number of documents that have ended.
  var documentCount: Int { pieces.count { $0.endsDocument } }

  mutating func append(_ ids: [Int32], byteCount: Int) {
    self.ids += ids
    pieces.append(Piece(tokenCount: ids.count, byteCount: byteCount))
  }

  /// Ends the open document, if any; its last `byteCount` bytes gave no token.
  mutating func endDocument(byteCount: Int) {
    guard let last = pieces.indices.last, !pieces[last].endsDocument else { return }
    pieces[last].byteCount += byteCount
    pieces[last].endsDocument = true
  }
}

/// Divides the bytes of a piece of text among its parts in proportion to the bytes that their ids
/// spell: exactly, if the ids spell the text byte for byte.
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
