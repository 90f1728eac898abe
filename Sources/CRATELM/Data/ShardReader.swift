import Storage
import SystemPackage

/// Random access to one shard; ``ShardFormat`` says how it is laid out.
final class ShardReader {
  /// The shard's file.
  let path: FilePath
  /// The counts that the file ends with.
  let footer: ShardFooter
  /// How many bytes hold a token.
  let width: TokenWidth

  /// The size of the file.
  let fileByteCount: Int

  private let vocabularySize: Int
  private let codec: FrameCodec
  private let descriptor: FileDescriptor
  /// Where each frame begins in the file, and where the last one ends.
  private let frameOffsets: [Int]
  private let documentTable: [UInt8]

  /// Opens the shard at `path` and checks all of it but its frames.
  ///
  /// - Throws: ``DataError``, or `FileError` where the file cannot be read.
  init(path: FilePath, vocabularySize: Int, codec: FrameCodec) throws {
    self.path = path
    self.vocabularySize = vocabularySize
    self.codec = codec
    (descriptor, fileByteCount) = try FileSystem.openFile(path)
    do {
      width = TokenWidth(vocabularySize: vocabularySize)
      let (footer, tables) = try Self.readTables(descriptor, path, width, fileByteCount)
      self.footer = footer
      documentTable = Array(tables[..<footer.documentTableByteCount])
      frameOffsets = try Self.frameOffsets(footer, tables, path)
    } catch {
      try? descriptor.close()
      throw error
    }
  }

  deinit {
    try? descriptor.close()
  }

  /// The ids of frame `frame` in their form on disk.
  ///
  /// - Throws: ``DataError/corrupt(_:offset:reason:)`` unless the frame is whole, passes its
  ///   checksum and holds as many ids as it should, all of them in the vocabulary.
  func frame(_ frame: Int) throws -> [UInt8] {
    let offset = frameOffsets[frame]
    let compressed = try read(offset..<frameOffsets[frame + 1])
    let byteCount = footer.tokenCount(ofFrame: frame) * width.rawValue
    let bytes: [UInt8]
    do {
      bytes = try codec.expand(compressed, byteCount: byteCount)
    } catch {
      throw DataError.corrupt(
        path, offset: offset, byteCount: compressed.count, reason: error.reason)
    }
    if let id = width.strayID(in: bytes, notBelow: vocabularySize) {
      throw DataError.corrupt(
        path, offset: offset, byteCount: compressed.count,
        reason: "expected token ids in 0 ..< \(vocabularySize), found \(id)")
    }
    return bytes
  }

  /// The bytes `range` of the file.
  func read(_ range: Range<Int>) throws -> [UInt8] {
    try descriptor.readExactly(range.count, at: range.lowerBound, of: path)
  }

  /// The places of the shard at which a document, or the rest of one after a cut, begins.
  ///
  /// - Throws: ``DataError/corrupt(_:offset:reason:)`` where they do not ascend within the shard.
  func documentStarts() throws -> [Int] {
    var starts: [Int] = []
    starts.reserveCapacity(footer.documentStartCount)
    var place = 0
    while place < documentTable.count {
      let entry = place
      guard let distance = documentTable.varint(at: &place), starts.isEmpty || distance > 0,
        distance < footer.tokenCount - (starts.last ?? 0)
      else {
        throw DataError.corrupt(
          path, offset: (frameOffsets.last ?? 0) + entry,
          reason: "expected document starts that ascend below \(footer.tokenCount)")
      }
      starts.append((starts.last ?? 0) + distance)
    }
    guard starts.count == footer.documentStartCount else {
      throw DataError.corrupt(
        path, offset: frameOffsets.last ?? 0,
        reason: "expected \(footer.documentStartCount) document starts, found \(starts.count)")
    }
    return starts
  }

  private static func readTables(
    _ descriptor: FileDescriptor, _ path: FilePath, _ width: TokenWidth, _ fileByteCount: Int
  ) throws -> (ShardFooter, tables: [UInt8]) {
    let (headerSize, footerSize) = (ShardFormat.headerByteCount, ShardFormat.footerByteCount)
    guard fileByteCount >= headerSize + footerSize else {
      throw DataError.corrupt(
        path, offset: fileByteCount,
        reason: "expected at least \(headerSize + footerSize) bytes, found \(fileByteCount)")
    }
    let header = try descriptor.readExactly(headerSize, at: 0, of: path)
    guard header == ShardFormat.header(width) else {
      throw DataError.foreign(
        path,
        expected: "a token shard of format \(ShardFormat.version) with \(width.rawValue)"
          + " bytes per token", found: "a header of \(header) in its first \(headerSize) bytes")
    }
    let ending = try descriptor.readExactly(
      footerSize, at: fileByteCount - footerSize, of: path)
    guard let footer = ShardFooter(numbers: ending, fileByteCount: fileByteCount) else {
      throw DataError.corrupt(
        path, offset: fileByteCount - footerSize, byteCount: footerSize,
        reason: "expected counts that add up to \(fileByteCount) bytes; the file was cut or changed"
      )
    }
    let start = headerSize + footer.framesByteCount
    let tables = try descriptor.readExactly(
      fileByteCount - ShardFormat.sealByteCount - start, at: start, of: path)
    let seal = Array(ending.suffix(ShardFormat.sealByteCount))
    guard ShardFormat.seal(header: header, tables: tables) == seal else {
      throw DataError.corrupt(
        path, offset: start, byteCount: fileByteCount - start,
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
    guard end == ShardFormat.headerByteCount + footer.framesByteCount else {
      throw DataError.corrupt(
        path, offset: ShardFormat.headerByteCount + footer.framesByteCount,
        reason: "expected frames of \(footer.framesByteCount) bytes, the frame table has "
          + "\(end - ShardFormat.headerByteCount)")
    }
    return offsets
  }
}

extension FileDescriptor {
  /// The `byteCount` bytes from `offset` on of the file at `path`, which this descriptor reads.
  ///
  /// - Throws: ``DataError/corrupt(_:offset:reason:)`` where the file ends before.
  func readExactly(_ byteCount: Int, at offset: Int, of path: FilePath) throws -> [UInt8] {
    var failure: (any Error)?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { bytes, count in
      do {
        while count < byteCount {
          let got = try unsafe read(
            fromAbsoluteOffset: Int64(offset + count),
            into: UnsafeMutableRawBufferPointer(
              rebasing: unsafe UnsafeMutableRawBufferPointer(bytes)[count..<byteCount]))
          guard got > 0 else {
            throw DataError.corrupt(
              path, offset: offset + count, reason: "expected \(byteCount - count) more bytes")
          }
          count += got
        }
      } catch {
        failure = error
      }
    }
    if let failure {
      throw failure is DataError
        ? failure : FileError.readFailed(path, failure as? Errno ?? .ioError)
    }
    return bytes
  }
}
