/// Counts distinct pieces of text; holds each of them once.
struct PieceCounter {
  private(set) var byteCount = 0
  private(set) var counts: [Int64] = []
  private var arena: [UInt8] = []
  private var starts: [Int] = [0]
  private var hashes: [UInt32] = []
  /// The number of a piece plus one, by open addressing; 0 where a slot is free.
  private var slots = [UInt32](repeating: 0, count: 1 << 12)

  /// The number of distinct pieces.
  var count: Int { counts.count }

  /// The number of bytes of all distinct pieces.
  var distinctByteCount: Int { arena.count }

  /// The bytes of the piece with the number `index`.
  func piece(_ index: Int) -> ArraySlice<UInt8> { arena[starts[index]..<starts[index + 1]] }

  /// Counts the piece `range` of `text` once more.
  mutating func add(_ text: Span<UInt8>, _ range: Range<Int>) {
    byteCount += range.count
    let hash = Self.hash(text, range)
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if hashes[index] == hash, matches(index, text, range) {
        counts[index] += 1
        return
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    counts.append(1)
    hashes.append(hash)
    for position in range { arena.append(text[position]) }
    starts.append(arena.count)
    slots[slot] = UInt32(counts.count)
    if 2 * counts.count > slots.count { grow() }
  }

  private func matches(_ index: Int, _ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    let start = starts[index]
    guard starts[index + 1] - start == range.count else { return false }
    for offset in 0..<range.count where arena[start + offset] != text[range.lowerBound + offset] {
      return false
    }
    return true
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: 2 * slots.count)
    for (index, hash) in hashes.enumerated() {
      var slot = Int(hash) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(index + 1)
    }
  }

  private static func hash(_ text: Span<UInt8>, _ range: Range<Int>) -> UInt32 {
    // FNV-1a with 64 bits, its upper half folded in.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for position in range { hash = (hash ^ UInt64(text[position])) &* 0x0000_0100_0000_01B3 }
    return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
  }
}
