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
  private var long = PairHeap()

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
      ids.removeAll { $0 < 0 }
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
