/// A piece as a linked list with a heap of its pairs: n log n where a scan would take n².
struct PairHeap {
  private var next: [Int] = []
  private var previous: [Int] = []
  /// Rank in the upper 24 bits and place in the lower 40, so that the leftmost of equal pairs
  /// goes first.
  private var heap = Heap<UInt64>()

  private static let placeBits: UInt64 = 40

  /// Merges `ids`; what went into the token before it becomes negative.
  mutating func merge(_ ids: inout [TokenID], by merges: MergeTable) {
    let count = ids.count
    if count < 2 { return }
    next.removeAll(keepingCapacity: true)
    next.append(contentsOf: 1...count)
    previous.removeAll(keepingCapacity: true)
    previous.append(contentsOf: -1..<count - 1)
    for place in 0..<count - 1 { push(place, merges.value(ids[place], ids[place + 1])) }
    while let top = heap.popMinimum() {
      let place = Int(truncatingIfNeeded: top & (1 << Self.placeBits - 1))
      let second = next[place]
      // A place that was merged into its left neighbour has the id -1.
      guard ids[place] >= 0, second < count else { continue }
      let value = merges.value(ids[place], ids[second])
      // The pair that stands here now may be another than the one that was pushed.
      guard value != MergeTable.none, value >> 32 == top >> Self.placeBits else { continue }
      ids[place] = TokenID(truncatingIfNeeded: value)
      ids[second] = -1
      let third = next[second]
      next[place] = third
      if third < count {
        previous[third] = place
        push(place, merges.value(ids[place], ids[third]))
      }
      let before = previous[place]
      if before >= 0 { push(before, merges.value(ids[before], ids[place])) }
    }
  }

  private mutating func push(_ place: Int, _ value: UInt64) {
    if value == MergeTable.none { return }
    heap.push((value >> 32) << Self.placeBits | UInt64(place))
  }
}
