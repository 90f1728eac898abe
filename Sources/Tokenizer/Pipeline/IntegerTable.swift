/// Values by keys, by open addressing in one array.
struct IntegerTable: Sendable {
  /// No value; larger than every other.
  static let none = UInt64.max

  /// Keys and values in turn; the value of a free slot is ``none``.
  private(set) var slots: [UInt64]
  /// How many keys there are.
  private(set) var count = 0

  /// An empty table with room for `capacity` keys; it grows where there are more.
  init(capacity: Int = 1 << 10) {
    var slotCount = 16
    while slotCount < 2 * capacity { slotCount *= 2 }
    slots = [UInt64](repeating: Self.none, count: 2 * slotCount)
  }

  /// The number of slots less one; the lowest bits of a hash name the first slot of a key.
  var mask: Int { slots.count &>> 1 &- 1 }

  /// The value of `key`; ``none`` where it has none.
  @inline(__always)
  subscript(key: UInt64) -> UInt64 { slots[2 &* slot(of: key) &+ 1] }

  /// Gives `key` the value `value`, less than ``none``, unless it has one; returns what it has.
  @inline(__always)
  mutating func insert(_ value: UInt64, for key: UInt64) -> UInt64 {
    let slot = slot(of: key)
    if slots[2 &* slot &+ 1] != Self.none { return slots[2 &* slot &+ 1] }
    (slots[2 &* slot], slots[2 &* slot &+ 1]) = (key, value)
    count &+= 1
    if 4 &* count > slots.count { grow() }
    return value
  }

  /// The slot of `key`, or the free one where it would go.
  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: Self.hash(key)) & mask
    while slots[2 &* slot &+ 1] != Self.none, slots[2 &* slot] != key {
      slot = (slot &+ 1) & mask
    }
    return slot
  }

  private mutating func grow() {
    let old = slots
    slots = [UInt64](repeating: Self.none, count: 2 * old.count)
    for index in stride(from: 0, to: old.count, by: 2) where old[index + 1] != Self.none {
      let slot = slot(of: old[index])
      (slots[2 * slot], slots[2 * slot + 1]) = (old[index], old[index + 1])
    }
  }

  /// A number of 64 well mixed bits; the C loops that read a table hash in the same way.
  @inline(__always)
  static func hash(_ key: UInt64) -> UInt64 {
    // The multiplier is 2⁶⁴ divided by the golden ratio.
    let product = key &* 0x9E37_79B9_7F4A_7C15
    return product ^ product &>> 32
  }
}
