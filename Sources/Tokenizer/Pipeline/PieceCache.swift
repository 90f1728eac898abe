import CTokenizer

/// Takes pieces of text to a model and remembers their tokens, in bounded memory: 16 MiB for pieces
/// of up to 15 bytes, and 44 MiB for longer ones and those of more than four tokens.
struct PieceCache<Model: PieceModel> {
  /// The memory of pieces, which frees itself.
  @safe private final class Storage {
    let pointer: OpaquePointer?

    init() { unsafe pointer = piece_cache_create() }

    deinit { unsafe piece_cache_destroy(pointer) }
  }

  private let storage = Storage()
  private var model: Model
  /// The pieces of which tokens are made next.
  var bounds = PieceBounds()

  init(_ model: Model) { self.model = model }

  /// The tokens of `piece`, not empty.
  mutating func tokens(of piece: Span<UInt8>) -> [TokenID] {
    var ids: [TokenID] = []
    unsafe bounds.set(from: 0) { ends in
      unsafe ends[0] = piece.count
      return 1
    }
    append(piece, to: &ids)
    return ids
  }

  /// Appends the tokens of all pieces that `finder` makes of `text` to `ids`.
  @inline(__always)
  mutating func append(
    _ text: Span<UInt8>, by finder: some PieceFinder, to ids: inout [TokenID]
  ) {
    var position = 0
    while position < text.count {
      position = finder.find(in: text, from: position, &bounds)
      append(text, to: &ids)
    }
  }

  /// Appends the tokens of `ranges` of `text` to `ids`.
  mutating func append(_ text: Span<UInt8>, _ ranges: [Range<Int>], to ids: inout [TokenID]) {
    for first in stride(from: 0, to: ranges.count, by: PieceBounds.capacity) {
      let some = ranges[first..<min(first + PieceBounds.capacity, ranges.count)]
      unsafe bounds.set { starts, ends in
        for (index, range) in some.enumerated() {
          unsafe starts[index] = range.lowerBound
          unsafe ends[index] = range.upperBound
        }
        return some.count
      }
      append(text, to: &ids)
    }
  }

  /// What `body` makes of the model.
  mutating func withModel<Result>(_ body: (inout Model) -> Result) -> Result { body(&model) }

  /// Appends the tokens of the pieces ``bounds`` of `text` to `ids`.
  mutating func append(_ text: Span<UInt8>, to ids: inout [TokenID]) {
    var done = 0
    while true {
      done += appendKnown(text, after: done, to: &ids)
      if done == bounds.count { return }
      let piece = text.extracting(bounds.range(done))
      let pieceIDs =
        bounds.isLowercased
        ? model.tokens(of: Self.lowercased(piece).span) : model.tokens(of: piece)
      remember(piece, pieceIDs)
      ids.append(contentsOf: pieceIDs)
      done += 1
    }
  }

  /// Appends the tokens of the pieces behind the first `done`, up to one that is not remembered and
  /// not merged here; returns how many pieces were done.
  private func appendKnown(
    _ text: Span<UInt8>, after done: Int, to ids: inout [TokenID]
  ) -> Int {
    guard let storage = unsafe storage.pointer, done < bounds.count else { return 0 }
    var result = encoded_pieces()
    let room = bounds.byteCount(after: done) + Int(spare_ids)
    ids.append(addingCapacity: room) { output in
      unsafe output.withUnsafeMutableBufferPointer { buffer, count in
        result = unsafe bounds.withPieces(of: text, after: done) { pieces in
          unsafe model.withMergeTable {
            unsafe piece_cache_encode(storage, $0, pieces, buffer.baseAddress)
          }
        }
        count = result.id_count
      }
    }
    return result.piece_count
  }

  private static func lowercased(_ piece: Span<UInt8>) -> [UInt8] {
    piece.indices.map { 65...90 ~= piece[$0] ? piece[$0] | 0x20 : piece[$0] }
  }

  private func remember(_ piece: Span<UInt8>, _ ids: [TokenID]) {
    guard let storage = unsafe storage.pointer, 1...piece.count ~= ids.count else { return }
    unsafe piece.withUnsafeBufferPointer { piece in
      unsafe ids.withUnsafeBufferPointer {
        unsafe piece_cache_insert(
          storage, piece.baseAddress, piece.count, bounds.isLowercased ? 1 : 0, $0.baseAddress,
          $0.count)
      }
    }
  }
}
