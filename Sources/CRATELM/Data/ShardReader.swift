import Storage
import SystemPackage

/// Random access to one shard; ``ShardFormat`` describes its bytes.
final class ShardReader {
  /// The counts at the end of the file.
  let footer: ShardFooter
  /// The bytes of a token.
  let width: TokenWidth

  private let vocabularySize: Int
  private let codec: FrameCodec
  private let file: FileReader
  /// The offset of each frame in the file, then the end of the last.
  private let frameOffsets: [Int]
  private let documentTable: [UInt8]

  /// The shard's file.
  var path: FilePath { file.path }
  /// The size of the file.
  var fileByteCount: Int { file.byteCount }

  /// Opens the shard at `path` and checks all of it but its frames.
  ///
  /// - Throws: ``DataError``, or `FileError` if the file cannot be read.
  init(path: FilePath, vocabularySize: Int, codec: FrameCodec) throws {
    self.vocabularySize = vocabularySize
    self.codec = codec
    file = try FileReader(path)
    width = TokenWidth(vocabularySize: vocabularySize)
    let (footer, tables) = try DataError.owning { [file, width] in
      try Self.readTables(file, width)
    }
    self.footer = footer
    documentTable = Array(tables[..<footer.documentTableByteCount])
    frameOffsets = try Self.frameOffsets(footer, tables, path)
  }

  /// The ids of frame `frame` in their form on disk.
  ///
  /// - Throws: ``DataError/damaged(_:)`` unless the frame is whole, passes its checksum and holds
  ///   the expected number of ids, all in the vocabulary.
  func frame(_ frame: Int) throws -> [UInt8] {
    let offset = frameOffsets[frame]
    let compressed = try DataError.owning { try file.read(offset..<frameOffsets[frame + 1]) }
    let byteCount = footer.tokenCount(ofFrame: frame) * width.rawValue
    let bytes: [UInt8]
    do {
      bytes = try codec.expand(compressed, byteCount: byteCount)
    } catch {
      throw DataError.damaged(
        path, at: offset..<offset + compressed.count, reason: error.reason)
    }
    if let id = width.strayID(in: bytes, notBelow: vocabularySize) {
      throw DataError.damaged(
        path, at: offset..<offset + compressed.count,
        reason: "expected token ids in 0 ..< \(vocabularySize), found \(id)")
    }
    return bytes
  }

  /// The indices of the tokens that begin a document or, after a cut, the rest of one.
  ///
  /// - Throws: ``DataError/damaged(_:)`` if they do not rise within the shard.
  func documentStarts() throws -> [Int] {
    var starts: [Int] = []
    starts.reserveCapacity(footer.documentStartCount)
    let tableStart = frameOffsets.last ?? 0
    var place = 0
    while place < documentTable.count {
      let entry = place
      guard let distance = documentTable.varint(at: &place), starts.isEmpty || distance > 0,
        distance < footer.tokenCount - (starts.last ?? 0)
      else {
        throw DataError.damaged(
          path, at: tableStart + entry..<tableStart + entry + 1,
          reason: "expected document starts that ascend below \(footer.tokenCount)")
      }
      starts.append((starts.last ?? 0) + distance)
    }
    guard starts.count == footer.documentStartCount else {
      throw DataError.damaged(
        path, at: tableStart..<tableStart + 1,
        reason: "expected \(footer.documentStartCount) document starts, found \(starts.count)")
    }
    return starts
  }

  private static func readTables(
    _ file: FileReader, _ width: TokenWidth
  ) throws -> (ShardFooter, tables: [UInt8]) {
    let (path, end) = (file.path, file.byteCount)
    let (headerSize, footerSize) = (ShardFormat.headerByteCount, ShardFormat.footerByteCount)
    guard end >= headerSize + footerSize else {
      throw DataError.damaged(
        path, at: end..<end + 1,
        reason: "expected at least \(headerSize + footerSize) bytes, found \(end)")
    }
    let header = try file.read(0..<headerSize)
    guard header == ShardFormat.header(width) else {
      throw DataError.foreign(
        path,
        expected: "a token shard of format \(ShardFormat.version) with \(width.rawValue)"
          + " bytes per token", found: "a header of \(header) in its first \(headerSize) bytes")
    }
    let ending = try file.read(end - footerSize..<end)
    guard let footer = ShardFooter(numbers: ending, fileByteCount: end) else {
      throw DataError.damaged(
        path, at: end - footerSize..<end,
        reason: "expected counts that add up to \(end.counting("byte")); the file was cut or "
          + "changed"
      )
    }
    let start = headerSize + footer.framesByteCount
    let tables = try file.read(start..<end - ShardFormat.sealByteCount)
    let seal = Array(ending.suffix(ShardFormat.sealByteCount))
    guard ShardFormat.seal(header: header, tables: tables) == seal else {
      throw DataError.damaged(
        path, at: start..<end,
        reason: "the tables and the numbers behind them do not match their checksum")
    }
    return (footer, tables)
  }

  private static func frameOffsets(
    _ footer: ShardFooter, _ tables: [UInt8], _ path: FilePath
  ) throws -> [Int] {
    var offsets = [ShardFormat.headerByteCount]
    offsets.reserveCapacity(footer.frameCount + 1)
    var end = ShardFormat.headerByteCount
    for frame in 0..<footer.frameCount {
      end += Int(
        tables.littleEndian(at: footer.documentTableByteCount + 4 * frame, as: UInt32.self))
      offsets.append(end)
    }
    let expected = ShardFormat.headerByteCount + footer.framesByteCount
    guard end == expected else {
      throw DataError.damaged(
        path, at: expected..<expected + 1,
        reason: "expected frames of \(footer.framesByteCount.counting("byte")), the frame table "
          + "has \(end - ShardFormat.headerByteCount)")
    }
    return offsets
  }
}
