/// Byte strings with numbers, which count from 0 in the order in which they came.
///
/// Open addressing in one array; the bytes of all stand in another.
struct BytesTable: Sendable {
  private var arena: [UInt8] = []
  /// Where the bytes of each number begin, and where the last ones end.
  private var starts = [0]
  /// The upper half of a hash and, in the lower half, a number plus one; 0 where a slot is free.
  ///
  /// The upper bits of the hash name the slot, so that a larger table needs no bytes to be hashed
  /// again.
  private var slots: [UInt64]
  private var findableCount = 0
  private let hash = ByteHash.shared

  /// An empty table with room for `capacity` byte strings; it grows where there are more.
  init(capacity: Int = 1 << 11) {
    var slotCount = 2
    while slotCount < 2 * capacity { slotCount *= 2 }
    slots = [UInt64](repeating: 0, count: slotCount)
  }

  /// How many byte strings there are.
  var count: Int { starts.count &- 1 }

  /// How many bytes all have together.
  var byteCount: Int { arena.count }

  /// The place in the table's bytes of those with the number `number`.
  private func range(_ number: Int) -> Range<Int> { starts[number]..<starts[number &+ 1] }

  /// The bytes with the number `number`.
  subscript(number: Int) -> ArraySlice<UInt8> { arena[range(number)] }

  /// How many bytes have the number `number`.
  func length(_ number: Int) -> Int { range(number).count }

  /// The number of `bytes`; `nil` where they were never inserted.
  func number(of bytes: Span<UInt8>) -> Int? {
    let slot = slots[slot(of: bytes, hash(bytes))]
    return slot == 0 ? nil : Self.number(slot)
  }

  /// The number of `bytes`; where they are new, it is ``count`` as it was before.
  @inline(__always)
  mutating func insert(_ bytes: Span<UInt8>) -> Int {
    let hash = hash(bytes)
    let place = slot(of: bytes, hash)
    if slots[place] != 0 { return Self.number(slots[place]) }
    let number = append(bytes)
    slots[place] = hash & ~0xFFFF_FFFF | UInt64(number + 1)
    findableCount += 1
    if 2 * findableCount > slots.count { grow() }
    return number
  }

  /// Adds bytes that get a number but are not found; returns the number.
  mutating func append(_ bytes: Span<UInt8>) -> Int {
    arena.append(copying: bytes)
    starts.append(arena.count)
    return count - 1
  }

  /// The slot of `bytes`, or the free one where they would go.
  @inline(__always)
  private func slot(of bytes: Span<UInt8>, _ hash: UInt64) -> Int {
    var place = firstPlace(hash)
    while slots[place] != 0 {
      if (slots[place] ^ hash) &>> 32 == 0 {
        let range = range(Self.number(slots[place]))
        if ByteHash.areEqual(arena.span.extracting(range), bytes) { return place }
      }
      place = (place &+ 1) & (slots.count &- 1)
    }
    return place
  }

  @inline(__always)
  private func firstPlace(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: hash &>> UInt64(64 &- slots.count.trailingZeroBitCount))
  }

  @inline(__always)
  private static func number(_ slot: UInt64) -> Int { Int(slot & 0xFFFF_FFFF) &- 1 }

  private mutating func grow() {
    let old = slots
    slots = [UInt64](repeating: 0, count: 2 * old.count)
    for slot in old where slot != 0 {
      var place = firstPlace(slot)
      while slots[place] != 0 { place = (place + 1) & (slots.count - 1) }
      slots[place] = slot
    }
  }
}
