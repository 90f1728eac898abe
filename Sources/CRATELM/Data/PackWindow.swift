/// A stretch of the text, kept until it is known which part of it is held out.
struct PackWindow {
  /// Tokens of one document that follow each other, and the bytes of text that they stand for.
  struct Piece {
    var tokenCount: Int
    var byteCount: Int
    var endsDocument = false
  }

  private(set) var ids: [Int32] = []
  private(set) var pieces: [Piece] = []

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

  /// The ends of the documents that end within the first `limit` tokens, as counts of tokens.
  func documentEnds(within limit: Int) -> [Int] {
    var (ends, place) = ([Int](), 0)
    for piece in pieces {
      place += piece.tokenCount
      if place > limit { break }
      if piece.endsDocument { ends.append(place) }
    }
    return ends
  }

  /// Takes the first `count` tokens away; the bytes of a piece that is cut are shared out by
  /// `spelled`.
  mutating func take(_ count: Int, _ spelled: SpelledBytes) -> PackWindow {
    var taken = PackWindow()
    taken.ids = Array(ids.prefix(count))
    var (place, index) = (0, 0)
    while place < count {
      var piece = pieces[index]
      let room = count - place
      if piece.tokenCount > room {
        let parts = [ids[place..<count], ids[count..<place + piece.tokenCount]]
        let shares = parts.map { spelled.sum(of: $0) }
        var bytes = ByteShares(byteCount: piece.byteCount, spelledByteCount: shares[0] + shares[1])
        pieces[index].byteCount -= bytes.take(spelling: shares[0])
        pieces[index].tokenCount -= room
        piece = Piece(tokenCount: room, byteCount: piece.byteCount - pieces[index].byteCount)
      } else {
        index += 1
      }
      taken.pieces.append(piece)
      place += piece.tokenCount
    }
    ids.removeFirst(count)
    pieces.removeFirst(index)
    return taken
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
