import CTokenizer

/// Remembers the tokens of pieces, in bounded memory: at most 4 MiB for pieces of up to 15 bytes
/// and 48 MiB for longer ones and those of more than four tokens.
@safe final class PieceCache {
  private let storage: OpaquePointer?

  init() { unsafe storage = piece_cache_create() }

  deinit { unsafe piece_cache_destroy(storage) }

  /// Appends the tokens of pieces of `text`, the first of which begins at `start`, to `buffer`;
  /// says how many of the pieces were done.
  ///
  /// Pieces that are not remembered are merged by `merges` and remembered. It ends early at one
  /// that is not remembered and long, or where `merges` is `nil`, and where `buffer` is full.
  func append(
    _ text: Span<UInt8>, from start: Int, ends: PieceSplitter.Ends, after done: Int,
    merges: (table: MergeTable, byteIDs: [TokenID])?, to buffer: inout IDBuffer
  ) -> Int {
    guard unsafe storage != nil else { return 0 }
    func encode(_ table: merge_table) -> Int {
      unsafe text.withUnsafeBufferPointer { text in
        unsafe ends.withRemaining(after: done) { ends in
          unsafe buffer.ids.withUnsafeMutableBufferPointer { ids in
            unsafe piece_cache_encode(
              storage, table, text.baseAddress, text.count, start, ends.baseAddress, ends.count,
              ids.baseAddress, ids.count, &buffer.count)
          }
        }
      }
    }
    guard let merges else { return unsafe encode(merge_table()) }
    return unsafe merges.table.withMergeTable(byteIDs: merges.byteIDs) { unsafe encode($0) }
  }

  /// Remembers that the piece `range` of `text` has the tokens `ids`, at least one.
  func remember(_ text: Span<UInt8>, _ range: Range<Int>, _ ids: [TokenID]) {
    guard unsafe storage != nil else { return }
    unsafe text.extracting(range).withUnsafeBufferPointer { piece in
      unsafe ids.withUnsafeBufferPointer {
        unsafe piece_cache_insert(storage, piece.baseAddress, piece.count, $0.baseAddress, $0.count)
      }
    }
  }
}

/// Ids on their way to the caller's array, which is then enlarged less often.
struct IDBuffer {
  /// Twice the most ids that a remembered piece has, and more.
  private static let capacity = 1 << 13

  fileprivate(set) var ids = [TokenID](repeating: 0, count: capacity)
  fileprivate(set) var count = 0

  /// Whether a remembered piece may not have room.
  var isNearlyFull: Bool { count > Self.capacity - Int(piece_id_limit) }

  /// Moves the ids to the end of `target`.
  mutating func empty(into target: inout [TokenID]) {
    target.append(contentsOf: ids[..<count])
    count = 0
  }
}
