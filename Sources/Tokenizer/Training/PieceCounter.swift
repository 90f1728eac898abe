/// Counts distinct pieces of text; holds each of them once.
struct PieceCounter {
  private(set) var pieces = BytesTable()
  /// How often each piece occurs, by its number.
  private(set) var counts: [Int64] = []

  /// Counts the piece `range` of `text` once more.
  @inline(__always)
  mutating func add(_ text: Span<UInt8>, _ range: Range<Int>) {
    add(text.extracting(range), 1)
  }

  /// Counts all pieces that `other` counted.
  mutating func add(_ other: PieceCounter) {
    for (number, count) in other.counts.enumerated() { add(other.pieces[number].span, count) }
  }

  @inline(__always)
  private mutating func add(_ piece: Span<UInt8>, _ number: Int64) {
    let index = pieces.insert(piece)
    if index == counts.count { counts.append(number) } else { counts[index] += number }
  }
}
