/// Numbers the pairs of tokens that occur in training, in the order in which they appear.
struct PairIndex {
  private(set) var pairs: [Pair] = []
  /// The number of a pair plus one, by open addressing; 0 where a slot is free.
  private var slots = [UInt32](repeating: 0, count: 1 << 12)

  /// The number of `pair`, a new one where it is not known yet.
  mutating func number(of pair: Pair) -> Int32 {
    var slot = Int(truncatingIfNeeded: pair.hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let number = Int32(bitPattern: slots[slot] &- 1)
      if pairs[Int(number)] == pair { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
    pairs.append(pair)
    slots[slot] = UInt32(pairs.count)
    if 2 * pairs.count > slots.count { grow() }
    return Int32(pairs.count - 1)
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: 2 * slots.count)
    for (number, pair) in pairs.enumerated() {
      var slot = Int(truncatingIfNeeded: pair.hash) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(number + 1)
    }
  }
}
