/// Applies merges to one piece of text after the other, with memory that is used again.
struct PieceMerger {
  /// Pieces up to this many bytes look through all pairs for the next merge.
  ///
  /// Longer ones keep the pairs in a heap. Around this length both take the same time.
  private static let longestScan = 96

  private var merges: MergeTable
  private let byteIDs: [TokenID]
  /// The tokens of the piece so far.
  private(set) var ids: [TokenID] = []
  /// What each token of a short piece and its right neighbour merge into.
  private var values: [UInt64] = []
  private var long = LongPiece()

  init(merges: MergeTable, byteIDs: [TokenID]) {
    self.merges = merges
    self.byteIDs = byteIDs
  }

  /// Adds a merge to those that are applied, for which their table has to have room.
  mutating func insert(_ merge: Merge, rank: Int) { _ = merges.insert(merge, rank: rank) }

  /// Makes ``ids`` the tokens of the piece `range` of `text`.
  mutating func merge(_ text: Span<UInt8>, _ range: Range<Int>) {
    ids.removeAll(keepingCapacity: true)
    for position in range { ids.append(byteIDs[Int(text[position])]) }
    if ids.count <= Self.longestScan {
      mergeShort()
    } else {
      long.merge(&ids, by: merges)
    }
  }

  private mutating func mergeShort() {
    values.removeAll(keepingCapacity: true)
    for index in ids.indices.dropLast() { values.append(merges.value(ids[index], ids[index + 1])) }
    while true {
      var best = MergeTable.none
      var place = 0
      for index in values.indices where values[index] < best {
        best = values[index]
        place = index
      }
      if best == MergeTable.none { return }
      ids[place] = TokenID(truncatingIfNeeded: best)
      ids.remove(at: place + 1)
      values.remove(at: place)
      if place > 0 { values[place - 1] = merges.value(ids[place - 1], ids[place]) }
      if place < values.count { values[place] = merges.value(ids[place], ids[place + 1]) }
    }
  }
}

/// A piece as a linked list with a heap of its pairs: n log n where a scan would take n².
private struct LongPiece {
  private var next: [Int] = []
  private var previous: [Int] = []
  /// Rank in the upper 24 bits and place in the lower 40, so that the leftmost of equal pairs
  /// goes first.
  private var heap = Heap<UInt64>()

  private static let placeBits: UInt64 = 40

  mutating func merge(_ ids: inout [TokenID], by merges: MergeTable) {
    let count = ids.count
    next = Array(1...count)
    previous = Array(-1..<count - 1)
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
    ids.removeAll { $0 < 0 }
  }

  private mutating func push(_ place: Int, _ value: UInt64) {
    if value == MergeTable.none { return }
    heap.push((value >> 32) << Self.placeBits | UInt64(place))
  }
}
