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

/// The bytes of a piece of text, shared out between parts of its ids in proportion to the bytes
/// that these spell: exactly, where the ids spell the text byte for byte.
struct ByteShares {
  private let byteCounts: [Int]
  private let byteCount: Int
  /// The number of all ids, and the bytes that they spell.
  private let count, spelled: Int
  private var spelledBefore = 0
  private var given = 0

  init(ids: ArraySlice<Int32>, byteCount: Int, byteCounts: [Int]) {
    self.byteCounts = byteCounts
    self.byteCount = byteCount
    count = ids.count
    spelled = ids.reduce(0) { $0 &+ byteCounts[Int($1)] }
  }

  /// The bytes of the next `ids`, and those that they spell.
  mutating func take(_ ids: ArraySlice<Int32>) -> (bytes: Int, spelledBytes: Int) {
    let spelledHere =
      ids.count == count ? spelled : ids.reduce(0) { $0 &+ byteCounts[Int($1)] }
    spelledBefore += spelledHere
    guard spelled > 0, spelledBefore < spelled else {
      defer { given = byteCount }
      return (byteCount - given, spelledHere)
    }
    let product = byteCount.multipliedFullWidth(by: spelledBefore)
    let share = spelled.dividingFullWidth(product).quotient - given
    given += share
    return (share, spelledHere)
  }
}
