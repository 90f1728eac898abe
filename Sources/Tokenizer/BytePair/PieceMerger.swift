import CTokenizer

/// Applies merges to one piece of text after the other, with memory that is used again.
///
/// What it does, simply and slowly, is ``ReferenceMerge``.
struct PieceMerger: PieceModel {
  private var merges: MergeTable
  private let byteIDs: [TokenID]
  /// Pieces that are a token though merges do not make it.
  private let unreachable: [[UInt8]: TokenID]
  /// The tokens of the piece so far.
  private var ids: [TokenID] = []
  private var long = LongPiece()

  init(merges: MergeTable, byteIDs: [TokenID], unreachable: [[UInt8]: TokenID] = [:]) {
    self.unreachable = unreachable
    self.merges = merges
    self.byteIDs = byteIDs
  }

  /// Adds a merge to those that are applied, for which their table has to have room.
  mutating func insert(_ merge: Merge, rank: Int) { _ = merges.insert(merge, rank: rank) }

  mutating func tokens(of piece: Span<UInt8>) -> [TokenID] {
    if !unreachable.isEmpty, let id = unreachable[Array(copying: piece)] { return [id] }
    ids.removeAll(keepingCapacity: true)
    if piece.count > Int(merge_limit) {
      for index in piece.indices { ids.append(byteIDs[Int(piece[index])]) }
      long.merge(&ids, by: merges)
      return ids
    }
    ids.append(addingCapacity: piece.count) { output in
      unsafe output.withUnsafeMutableBufferPointer { buffer, count in
        count = unsafe piece.withUnsafeBufferPointer { piece in
          unsafe merges.withMergeTable(byteIDs: byteIDs) {
            unsafe merge_piece($0, piece.baseAddress, piece.count, buffer.baseAddress)
          }
        }
      }
    }
    return ids
  }

  func withMergeTable<Result>(_ body: (merge_table) -> Result) -> Result {
    unreachable.isEmpty
      ? unsafe merges.withMergeTable(byteIDs: byteIDs, body) : unsafe body(merge_table())
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
