import CTokenizer

/// Remembers the tokens of pieces, in bounded memory: 16 MiB for pieces of up to 15 bytes, and
/// 44 MiB for longer ones and those of more than four tokens.
@safe final class PieceCache {
  private let storage: OpaquePointer?

  init() { unsafe storage = piece_cache_create() }

  deinit { unsafe piece_cache_destroy(storage) }

  /// Appends the tokens of the pieces `bounds` of `text` behind the first `done` to `buffer`; says
  /// how many were done.
  ///
  /// Pieces that are not remembered are merged by `merges` and remembered. It ends early at one
  /// that is not remembered and long, or where `merges` is `nil`, and where `buffer` is full.
  func append(
    _ text: Span<UInt8>, _ bounds: PieceBounds, after done: Int,
    merges: (table: MergeTable, byteIDs: [TokenID])?, to buffer: inout IDBuffer
  ) -> Int {
    guard unsafe storage != nil else { return 0 }
    func encode(_ table: merge_table, _ buffer: inout IDBuffer) -> Int {
      unsafe bounds.withPieces(of: text, after: done) { pieces in
        unsafe buffer.withBuffer { unsafe piece_cache_encode(storage, table, pieces, $0) }
      }
    }
    guard let merges else { return unsafe encode(merge_table(), &buffer) }
    return unsafe merges.table.withMergeTable(byteIDs: merges.byteIDs) {
      unsafe encode($0, &buffer)
    }
  }

  /// As ``append(_:_:after:merges:to:)`` without merges, for the pieces in lower case, which are
  /// ASCII.
  func appendLowercased(
    _ text: Span<UInt8>, _ bounds: PieceBounds, after done: Int, to buffer: inout IDBuffer
  ) -> Int {
    guard unsafe storage != nil else { return 0 }
    return unsafe bounds.withPieces(of: text, after: done) { pieces in
      unsafe buffer.withBuffer { unsafe piece_cache_encode_lowercased(storage, pieces, $0) }
    }
  }

  /// Remembers that the piece `range` of `text`, in lower case if so asked, has the tokens `ids`,
  /// at least one.
  func remember(
    _ text: Span<UInt8>, _ range: Range<Int>, lowercased: Bool = false, _ ids: [TokenID]
  ) {
    guard unsafe storage != nil else { return }
    unsafe text.extracting(range).withUnsafeBufferPointer { piece in
      unsafe ids.withUnsafeBufferPointer {
        unsafe piece_cache_insert(
          storage, piece.baseAddress, piece.count, lowercased ? 1 : 0, $0.baseAddress, $0.count)
      }
    }
  }
}

/// Where the pieces that were found at a time begin and end.
struct PieceBounds {
  static let capacity = 1024

  /// Starts, and from ``firstEnd`` on ends; a start is the end before where pieces adjoin.
  private var places = [Int](repeating: 0, count: 2 * capacity)
  private var firstEnd = 1
  private(set) var count = 0

  /// The piece with the number `index`.
  @inline(__always)
  func range(_ index: Int) -> Range<Int> { places[index]..<places[firstEnd &+ index] }

  /// Makes the bounds those of pieces that adjoin, the first of which begins at `start`; `find`
  /// writes their ends, at most ``capacity``, and says how many they are.
  @inline(__always)
  mutating func set(from start: Int, _ find: (UnsafeMutableBufferPointer<Int>) -> Int) {
    firstEnd = 1
    places[0] = start
    count = unsafe places.withUnsafeMutableBufferPointer {
      unsafe find(UnsafeMutableBufferPointer(rebasing: $0[1...Self.capacity]))
    }
  }

  /// Removes all bounds, to append those of pieces that need not adjoin.
  mutating func removeAll() {
    firstEnd = Self.capacity
    count = 0
  }

  /// Appends a piece; there has to be room.
  @inline(__always)
  mutating func append(_ range: Range<Int>) {
    places[count] = range.lowerBound
    places[Self.capacity &+ count] = range.upperBound
    count &+= 1
  }

  /// Makes the bounds those of the words that `bert_words` finds in `text` from `start` on; says
  /// where to go on and whether with a character that BERT may normalise.
  mutating func findWords(
    in text: Span<UInt8>, from start: Int
  ) -> (end: Int, isOther: Bool) {
    removeAll()
    let run = unsafe places.withUnsafeMutableBufferPointer { places in
      let starts = places.baseAddress
      let ends = unsafe starts.map { unsafe $0 + Self.capacity }
      return unsafe text.withUnsafeBufferPointer {
        unsafe bert_words($0.baseAddress, $0.count, start, starts, ends, Self.capacity)
      }
    }
    count = run.count
    return (run.end, run.is_other != 0)
  }

  /// What `body` makes of the pieces of `text` behind the first `done`.
  @inline(__always)
  fileprivate func withPieces<Result>(
    of text: Span<UInt8>, after done: Int, _ body: (pieces) -> Result
  ) -> Result {
    unsafe text.withUnsafeBufferPointer { text in
      unsafe places.withUnsafeBufferPointer { places in
        let starts = unsafe places.baseAddress.map { unsafe $0 + done }
        let ends = unsafe starts.map { unsafe $0 + firstEnd }
        return unsafe body(
          pieces(
            text: text.baseAddress, count: text.count, starts: starts, ends: ends,
            piece_count: count - done))
      }
    }
  }
}

/// Ids on their way to the caller's array, which is then enlarged less often.
struct IDBuffer {
  /// Twice the most ids that a remembered piece has, and more.
  private static let capacity = 1 << 13

  private var ids = [TokenID](repeating: 0, count: capacity)
  private var count = 0

  /// Whether a remembered piece may not have room.
  var isNearlyFull: Bool { count > Self.capacity - Int(piece_id_limit) }

  /// Moves the ids to the end of `target`.
  mutating func empty(into target: inout [TokenID]) {
    target.append(contentsOf: ids[..<count])
    count = 0
  }

  /// What `body`, which may add ids, makes of the buffer.
  @inline(__always)
  fileprivate mutating func withBuffer(
    _ body: (UnsafeMutablePointer<id_buffer>) -> Int
  ) -> Int {
    let (result, newCount) = unsafe ids.withUnsafeMutableBufferPointer {
      var buffer = unsafe id_buffer(ids: $0.baseAddress, capacity: $0.count, count: count)
      let result = unsafe body(&buffer)
      return unsafe (result, buffer.count)
    }
    count = newCount
    return result
  }
}
