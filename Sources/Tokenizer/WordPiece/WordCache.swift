/// Remembers the tokens of pieces, in bounded memory: a slot holds the last piece that fell on it.
struct WordCache {
  /// The longest piece that is remembered: two words hold its bytes and its length.
  static let longestPiece = 15

  /// The bytes of a short piece and, in the last byte, its length.
  struct Key: Equatable {
    private(set) var low: UInt64 = 0
    private(set) var high: UInt64 = 0

    init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }

    /// The key of `range` of `text`, 1 to 15 bytes.
    @inline(__always)
    init(_ text: Span<UInt8>, _ start: Int, _ count: Int) {
      if start &+ 16 <= text.count {
        let bytes = unsafe text.bytes
        low = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt64.self)
        high = unsafe bytes.unsafeLoadUnaligned(
          fromUncheckedByteOffset: start &+ 8, as: UInt64.self)
        low = UInt64(littleEndian: low)
        high = UInt64(littleEndian: high)
        if count <= 8 {
          high = 0
          low &= ~0 &>> UInt64(truncatingIfNeeded: 64 &- 8 &* count)
        } else {
          high &= ~0 &>> UInt64(truncatingIfNeeded: 128 &- 8 &* count)
        }
      } else {
        for index in 0..<count {
          let byte = UInt64(text[start &+ index]) &<< UInt64(truncatingIfNeeded: 8 &* (index & 7))
          if index < 8 { low |= byte } else { high |= byte }
        }
      }
      high |= UInt64(truncatingIfNeeded: count) &<< 56
    }

    @inline(__always)
    var hash: UInt64 {
      // Odd constants from the fraction of the golden ratio and of √2.
      let mixed = (low ^ high &* 0x6A09_E667_F3BC_C909) &* 0x9E37_79B9_7F4A_7C15
      return mixed ^ mixed &>> 32
    }
  }

  /// A piece and its tokens: up to three in place, more in ``spill``.
  private struct Slot {
    var low: UInt64 = 0
    var high: UInt64 = 0
    var count: Int32 = 0
    var first: TokenID = 0
    var second: TokenID = 0
    var third: TokenID = 0
  }

  private var slots: [Slot]
  /// The tokens of pieces with more than three; `first` of their slot is the place.
  private var spill: [TokenID] = []
  private var mask: Int
  /// How many pieces were remembered since the slots became as many as they are.
  private var rememberedCount = 0

  /// The table grows to two MiB, so that a short text does not pay for a large one.
  private static let firstSlotCount = 1 << 6
  private static let lastSlotCount = 1 << 16
  private static let spillLimit = 1 << 20

  init() {
    slots = [Slot](repeating: Slot(), count: Self.firstSlotCount)
    mask = Self.firstSlotCount - 1
  }

  /// Appends the tokens of the piece `key` if they are remembered; says whether they are.
  @inline(__always)
  func append(_ key: Key, to ids: inout [TokenID]) -> Bool {
    let slot = slots[Int(truncatingIfNeeded: key.hash) & mask]
    guard slot.low == key.low, slot.high == key.high else { return false }
    if slot.count <= 3 {
      ids.append(slot.first)
      if slot.count > 1 { ids.append(slot.second) }
      if slot.count > 2 { ids.append(slot.third) }
    } else {
      let start = Int(slot.first)
      ids.append(contentsOf: spill[start..<start &+ Int(slot.count)])
    }
    return true
  }

  /// Remembers that the piece `key` has the tokens `ids`, at least one.
  mutating func remember(_ key: Key, _ ids: [TokenID]) {
    rememberedCount += 1
    if rememberedCount > slots.count, slots.count < Self.lastSlotCount { grow() }
    var slot = Slot(low: key.low, high: key.high, count: Int32(ids.count))
    if ids.count <= 3 {
      slot.first = ids[0]
      if ids.count > 1 { slot.second = ids[1] }
      if ids.count > 2 { slot.third = ids[2] }
    } else {
      if spill.count + ids.count > Self.spillLimit { removeAll() }
      slot.first = Int32(spill.count)
      spill.append(contentsOf: ids)
    }
    slots[Int(truncatingIfNeeded: key.hash) & mask] = slot
  }

  private mutating func removeAll() {
    slots = [Slot](repeating: Slot(), count: slots.count)
    spill.removeAll(keepingCapacity: true)
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Slot(), count: 4 * old.count)
    mask = slots.count - 1
    rememberedCount = 0
    for slot in old where slot.count > 0 {
      let hash = Key(low: slot.low, high: slot.high).hash
      slots[Int(truncatingIfNeeded: hash) & mask] = slot
    }
  }
}
