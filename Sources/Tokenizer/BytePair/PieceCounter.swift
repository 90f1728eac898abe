/// Counts distinct pieces of text; holds each of them once.
struct PieceCounter {
  private(set) var counts: [Int64] = []
  private var arena: [UInt8] = []
  private var starts: [Int] = [0]
  /// The upper half of a piece's hash and, in the lower half, its number plus one, by open
  /// addressing; 0 where a slot is free.
  private var slots = [UInt64](repeating: 0, count: 1 << 12)
  private let hash = ByteHash.shared

  /// The number of distinct pieces.
  var count: Int { counts.count }

  /// The number of bytes of all distinct pieces.
  var distinctByteCount: Int { arena.count }

  /// The bytes of the piece with the number `index`.
  func piece(_ index: Int) -> ArraySlice<UInt8> { arena[starts[index]..<starts[index + 1]] }

  /// Counts the piece `range` of `text` once more.
  @inline(__always)
  mutating func add(_ text: Span<UInt8>, _ range: Range<Int>) {
    add(text.extracting(range), 1)
  }

  /// Counts all pieces that `other` counted.
  mutating func add(_ other: PieceCounter) {
    let span = other.arena.span
    for index in 0..<other.count {
      let range = other.starts[index]..<other.starts[index + 1]
      add(span.extracting(range), other.counts[index])
    }
  }

  private mutating func add(_ piece: Span<UInt8>, _ number: Int64) {
    let hash = hash(piece)
    let mark = hash & ~0xFFFF_FFFF
    var slot = Int(truncatingIfNeeded: hash) & (slots.count &- 1)
    while slots[slot] != 0 {
      if slots[slot] & ~0xFFFF_FFFF == mark {
        let index = Int(slots[slot] & 0xFFFF_FFFF) &- 1
        let range = starts[index]..<starts[index &+ 1]
        if range.count == piece.count,
          ByteHash.areEqual(arena.span.extracting(range), piece)
        {
          counts[index] += number
          return
        }
      }
      slot = (slot &+ 1) & (slots.count &- 1)
    }
    counts.append(number)
    unsafe piece.withUnsafeBufferPointer { unsafe arena.append(contentsOf: $0) }
    starts.append(arena.count)
    slots[slot] = mark | UInt64(counts.count)
    if 2 * counts.count > slots.count { grow() }
  }

  private mutating func grow() {
    slots = [UInt64](repeating: 0, count: 2 * slots.count)
    for index in counts.indices {
      let hash = hash(arena.span.extracting(starts[index]..<starts[index + 1]))
      var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = hash & ~0xFFFF_FFFF | UInt64(index + 1)
    }
  }
}
