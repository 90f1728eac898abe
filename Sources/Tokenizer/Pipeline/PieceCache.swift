import CTokenizer

/// Makes tokens of pieces of text on one thread and remembers them, in bounded memory: 16 MiB for
/// pieces of up to 15 bytes, and 44 MiB for longer ones and those of more than four tokens.
@safe final class PieceCache {
  private let storage: OpaquePointer?
  /// The pieces of which tokens are made next.
  var bounds = PieceBounds()
  private var buffer = IDBuffer()

  init() { unsafe storage = piece_cache_create() }

  deinit { unsafe piece_cache_destroy(storage) }

  /// Appends the tokens of all pieces that `finder` makes of `text` to `ids`; for `tokens` see
  /// ``append(_:isLowercased:merges:to:tokens:)``.
  @inline(__always)
  func append(
    _ text: Span<UInt8>, by finder: some PieceFinder,
    merges: (table: MergeTable, byteIDs: [TokenID])? = nil, to ids: inout [TokenID],
    tokens: (Range<Int>) -> [TokenID]
  ) {
    var position = 0
    while position < text.count {
      position = finder.find(in: text, from: position, &bounds)
      append(text, merges: merges, to: &ids, tokens: tokens)
    }
    flush(into: &ids)
  }

  /// Appends the tokens of the pieces ``bounds`` of `text`, ASCII put in lower case if so asked;
  /// the last of them may be held back until ``flush(into:)``.
  ///
  /// Pieces that are not remembered are merged by `merges`; where these are `nil` or a piece is
  /// long, it has the tokens, at least one, that `tokens` gives.
  @inline(__always)
  func append(
    _ text: Span<UInt8>, isLowercased: Bool = false,
    merges: (table: MergeTable, byteIDs: [TokenID])? = nil, to ids: inout [TokenID],
    tokens: (Range<Int>) -> [TokenID]
  ) {
    var done = 0
    while true {
      done += appendRemembered(text, after: done, isLowercased, merges)
      if done == bounds.count { return }
      let needsRoom = buffer.isNearlyFull
      flush(into: &ids)
      if needsRoom { continue }
      let piece = bounds.range(done)
      let pieceIDs = tokens(piece)
      remember(text.extracting(piece), isLowercased, pieceIDs)
      ids.append(contentsOf: pieceIDs)
      done += 1
    }
  }

  /// Appends the tokens that were held back.
  func flush(into ids: inout [TokenID]) { buffer.empty(into: &ids) }

  /// Buffers the tokens of the pieces behind the first `done`, up to one that is not remembered
  /// and not merged here, or as many as there is room for; returns how many pieces were done.
  private func appendRemembered(
    _ text: Span<UInt8>, after done: Int, _ isLowercased: Bool,
    _ merges: (table: MergeTable, byteIDs: [TokenID])?
  ) -> Int {
    guard unsafe storage != nil else { return 0 }
    return unsafe bounds.withPieces(of: text, after: done) { pieces in
      unsafe buffer.withBuffer { buffer in
        if isLowercased { return unsafe piece_cache_encode_lowercased(storage, pieces, buffer) }
        guard let merges else {
          return unsafe piece_cache_encode(storage, merge_table(), pieces, buffer)
        }
        return unsafe merges.table.withMergeTable(byteIDs: merges.byteIDs) {
          unsafe piece_cache_encode(storage, $0, pieces, buffer)
        }
      }
    }
  }

  private func remember(_ piece: Span<UInt8>, _ isLowercased: Bool, _ ids: [TokenID]) {
    guard unsafe storage != nil else { return }
    unsafe piece.withUnsafeBufferPointer { piece in
      unsafe ids.withUnsafeBufferPointer {
        unsafe piece_cache_insert(
          storage, piece.baseAddress, piece.count, isLowercased ? 1 : 0, $0.baseAddress, $0.count)
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
