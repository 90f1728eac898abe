import CTokenizer

/// Finds what a pair of tokens merges into.
struct MergeTable: Sendable {
  /// The value of a pair for which there is no merge; larger than every other.
  static let none = IntegerTable.none

  /// By pairs, the rank of their merge in the upper half and its result in the lower.
  private var values: IntegerTable
  /// Bits by the upper bits of the hash, eight for each slot: where one is 0, there is no such
  /// pair.
  ///
  /// Most pairs have no merge, and the filter stays in a nearer cache than the slots: pieces that
  /// are not remembered took 57 MB/s of text in many languages without it and 71 with it.
  private var filter: [UInt64]
  private let filterShift: UInt64

  /// A table without merges that has room for `capacity`.
  init(capacity: Int) {
    values = IntegerTable(capacity: capacity)
    let slotCount = values.mask + 1
    filter = [UInt64](repeating: 0, count: slotCount / 8)
    filterShift = UInt64(64 - 3 - slotCount.trailingZeroBitCount)
  }

  /// Adds a merge, for which there has to be room; says whether its pair is a new one.
  mutating func insert(_ merge: Merge, rank: Int) -> Bool {
    let pair = Pair(merge.left, merge.right).packed
    let value = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: merge.result))
    let bit = IntegerTable.hash(pair) >> filterShift
    filter[Int(bit >> 6)] |= 1 << (bit & 63)
    return values.insert(value, for: pair) == value
  }

  /// The rank of the merge of `left` and `right` in the upper half and its result in the lower.
  @inline(__always)
  func value(_ left: TokenID, _ right: TokenID) -> UInt64 { values[Pair(left, right).packed] }

  /// What `body` makes of the table as the C loops read it, with the tokens of the bytes.
  @inline(__always)
  func withMergeTable<Result>(
    byteIDs: [TokenID], _ body: (merge_table) -> Result
  ) -> Result {
    unsafe values.slots.withUnsafeBufferPointer { slots in
      unsafe filter.withUnsafeBufferPointer { filter in
        unsafe byteIDs.withUnsafeBufferPointer { byteIDs in
          unsafe body(
            merge_table(
              slots: slots.baseAddress, mask: UInt64(values.mask), filter: filter.baseAddress,
              filter_shift: filterShift, byte_ids: byteIDs.baseAddress))
        }
      }
    }
  }
}
