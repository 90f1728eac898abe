import Storage
import SystemPackage

/// Writes one shard, frame by frame; ``ShardFormat`` describes its bytes.
final class ShardWriter {
  private let path: FilePath
  private let width: TokenWidth
  private let codec: FrameCodec
  private let file: HashingWriter
  private var footer: ShardFooter
  private var frame: [UInt8] = []
  private var frameTable: [UInt8] = []
  private var documentTable: [UInt8] = []
  private var lastStart = 0

  /// The tokens appended so far.
  var tokenCount: Int { footer.tokenCount }

  init(path: FilePath, width: TokenWidth, frameTokenCount: Int, codec: FrameCodec) throws {
    self.path = path
    self.width = width
    self.codec = codec
    footer = ShardFooter(
      tokenCount: 0, frameTokenCount: frameTokenCount, documentStartCount: 0, framesByteCount: 0,
      documentTableByteCount: 0)
    file = try HashingWriter(path)
    try file.write(ShardFormat.header(width))
  }

  /// Records that the next token begins a document or, after a cut, the rest of one.
  func startDocument() {
    documentTable.append(varint: footer.tokenCount - lastStart)
    lastStart = footer.tokenCount
    footer.documentStartCount += 1
  }

  /// Appends `ids`.
  func append(_ ids: ArraySlice<Int32>) throws {
    var rest = ids
    while !rest.isEmpty {
      let room = footer.frameTokenCount - frame.count / width.rawValue
      width.append(rest.prefix(room), to: &frame)
      footer.tokenCount += min(room, rest.count)
      rest = rest.dropFirst(room)
      if frame.count == footer.frameTokenCount * width.rawValue { try writeFrame() }
    }
  }

  /// Writes the tables and the footer, makes the file durable and closes it.
  ///
  /// - Returns: the SHA-256 of the whole file.
  func finish() throws -> Fingerprint {
    if !frame.isEmpty { try writeFrame() }
    footer.documentTableByteCount = documentTable.count
    let tables = documentTable + frameTable + footer.numbers
    try file.write(tables)
    try file.write(ShardFormat.seal(header: ShardFormat.header(width), tables: tables))
    return try file.finish().sha256
  }

  private func writeFrame() throws {
    let compressed: [UInt8]
    do {
      compressed = try codec.compress(frame)
    } catch {
      throw FileError.cannotCreate(path, reason: error.reason)
    }
    frame.removeAll(keepingCapacity: true)
    frameTable.append(littleEndian: UInt32(compressed.count))
    footer.framesByteCount += compressed.count
    try file.write(compressed)
  }
}
