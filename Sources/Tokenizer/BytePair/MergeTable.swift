import CTokenizer

/// Finds what a pair of tokens merges into, by open addressing in one array.
struct MergeTable: Sendable {
  /// A pair for which there is no merge; larger than every other value.
  static let none = UInt64.max

  /// Pairs and values in turn; the value of a free slot is ``none``.
  private var slots: [UInt64]
  private let mask: Int
  /// Bits by the upper bits of the hash, eight for each slot: where one is 0, there is no such
  /// pair.
  ///
  /// Most pairs have no merge, and the filter stays in a nearer cache than the slots: pieces that
  /// are not remembered took 57 MB/s of text in many languages without it and 71 with it.
  private var filter: [UInt64]
  private let filterShift: UInt64

  /// The table of `merges`, the first of which has the rank 0, or the place of the first merge
  /// whose pair an earlier one has.
  static func make(_ merges: [Merge]) -> (table: MergeTable, duplicate: Int?) {
    var table = MergeTable(capacity: merges.count)
    for (rank, merge) in merges.enumerated() {
      guard table.insert(merge, rank: rank) else { return (table, rank) }
    }
    return (table, nil)
  }

  /// A table without merges that has room for `capacity`.
  init(capacity: Int) {
    var count = 16
    while count < 2 * capacity { count *= 2 }
    mask = count - 1
    slots = [UInt64](repeating: Self.none, count: 2 * count)
    filter = [UInt64](repeating: 0, count: count / 8)
    filterShift = UInt64(64 - 3 - count.trailingZeroBitCount)
  }

  /// Adds a merge, for which there has to be room; says whether its pair is a new one.
  mutating func insert(_ merge: Merge, rank: Int) -> Bool {
    let pair = Pair(merge.left, merge.right)
    let value = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: merge.result))
    var slot = Int(truncatingIfNeeded: pair.hash) & mask
    while slots[2 * slot + 1] != Self.none {
      if slots[2 * slot] == pair.packed { return false }
      slot = (slot + 1) & mask
    }
    slots[2 * slot] = pair.packed
    slots[2 * slot + 1] = value
    let bit = pair.hash >> filterShift
    filter[Int(bit >> 6)] |= 1 << (bit & 63)
    return true
  }

  /// The rank of the merge of `left` and `right` in the upper half and its result in the lower.
  @inline(__always)
  func value(_ left: TokenID, _ right: TokenID) -> UInt64 {
    let pair = Pair(left, right)
    var slot = Int(truncatingIfNeeded: pair.hash) & mask
    while true {
      let value = slots[2 &* slot &+ 1]
      if value == Self.none || slots[2 &* slot] == pair.packed { return value }
      slot = (slot &+ 1) & mask
    }
  }

  /// What `body` makes of the table as the C loops read it, with the tokens of the bytes.
  func withMergeTable<Result>(
    byteIDs: [TokenID], _ body: (merge_table) -> Result
  ) -> Result {
    unsafe slots.withUnsafeBufferPointer { slots in
      unsafe filter.withUnsafeBufferPointer { filter in
        unsafe byteIDs.withUnsafeBufferPointer { byteIDs in
          unsafe body(
            merge_table(
              slots: slots.baseAddress, mask: UInt64(mask), filter: filter.baseAddress,
              filter_shift: filterShift, byte_ids: byteIDs.baseAddress))
        }
      }
    }
  }
}
