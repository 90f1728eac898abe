import Storage

/// The bytes of a shard, all integers little endian.
///
///     0   8 bytes   "CRATETOK"
///     8   UInt32    format version, 1
///     12  UInt32    bytes per token, 2 or 4
///     16  …         token frames: zstd, each `frameTokenCount` tokens, the last one fewer
///         …         document table: varints, the distance of each document start from the previous
///         …         frame table: UInt32 per frame, its compressed size in bytes
///         72 bytes  footer: the five UInt64 of ``ShardFooter``, then the SHA-256 of the header,
///                   the two tables and the five numbers
///
/// Frames are independent: a reader expands only those it needs, and each has its own checksum.
/// All sizes follow from the footer and must add up to the size of the file.
enum ShardFormat {
  static let magic = Array("CRATETOK".utf8)
  static let version: UInt32 = 1
  static let headerByteCount = 16
  static let sealByteCount = 32
  static let footerByteCount = ShardFooter.fields.count * 8 + sealByteCount
  /// The most tokens in a frame that a reader accepts, since it expands frames whole.
  static let maximumFrameTokenCount = 1 << 20

  static func header(_ width: TokenWidth) -> [UInt8] {
    var bytes = magic
    bytes.append(littleEndian: version)
    bytes.append(littleEndian: UInt32(width.rawValue))
    return bytes
  }

  /// The checksum of everything outside frames: the header, and the tables with the numbers.
  static func seal(header: [UInt8], tables: [UInt8]) -> [UInt8] {
    SHA256.digest(of: header + tables)
  }
}

/// The bytes of a token id on disk.
enum TokenWidth: Int, Sendable {
  case two = 2
  case four = 4

  /// The width for ids below `vocabularySize`.
  init(vocabularySize: Int) {
    self = vocabularySize <= 1 << 16 ? .two : .four
  }

  /// Appends `ids` to `bytes`.
  func append(_ ids: ArraySlice<Int32>, to bytes: inout [UInt8]) {
    switch self {
    case .two: append(ids, as: UInt16.self, to: &bytes)
    case .four: append(ids, as: Int32.self, to: &bytes)
    }
  }

  private func append<Value: FixedWidthInteger>(
    _ ids: ArraySlice<Int32>, as type: Value.Type, to bytes: inout [UInt8]
  ) {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: ids.count * rawValue))
    unsafe bytes.withUnsafeMutableBytes { bytes in
      unsafe ids.withUnsafeBufferPointer { ids in
        for index in 0..<ids.count {
          unsafe bytes.storeBytes(
            of: Value(truncatingIfNeeded: ids[index]).littleEndian,
            toByteOffset: start &+ index &* MemoryLayout<Value>.size, as: Value.self)
        }
      }
    }
  }

  /// The largest id in `bytes` if it is not below `vocabularySize`, else `nil`.
  func strayID(in bytes: [UInt8], notBelow vocabularySize: Int) -> Int? {
    switch self {
    case .two:
      strayValue(in: bytes, as: UInt16.self, above: vocabularySize - 1)
    case .four:
      strayValue(in: bytes, as: UInt32.self, above: vocabularySize - 1)
    }
  }

  private func strayValue<Value: FixedWidthInteger & UnsignedInteger>(
    in bytes: [UInt8], as type: Value.Type, above limit: Int
  ) -> Int? {
    unsafe bytes.withUnsafeBytes { bytes in
      var largest: Value = 0
      for index in 0..<(bytes.count / MemoryLayout<Value>.size) {
        let value = unsafe bytes.loadUnaligned(
          fromByteOffset: index &* MemoryLayout<Value>.size, as: Value.self)
        largest = max(largest, Value(littleEndian: value))
      }
      return Int(largest) > limit ? Int(largest) : nil
    }
  }

  /// Writes the ids `range` of `bytes` to `output` from `start` on.
  ///
  /// - Precondition: both ranges lie within their arrays.
  func copy(
    _ range: Range<Int>, of bytes: [UInt8], to output: inout MutableSpan<Int32>, at start: Int
  ) {
    precondition(range.upperBound * rawValue <= bytes.count, "\(range) ends beyond the frame")
    precondition(start >= 0 && start + range.count <= output.count, "no room for \(range)")
    unsafe bytes.withUnsafeBytes { bytes in
      switch self {
      case .two:
        for index in 0..<range.count {
          let id = unsafe bytes.loadUnaligned(
            fromByteOffset: (range.lowerBound &+ index) &* 2, as: UInt16.self)
          output[start &+ index] = Int32(UInt16(littleEndian: id))
        }
      case .four:
        for index in 0..<range.count {
          let id = unsafe bytes.loadUnaligned(
            fromByteOffset: (range.lowerBound &+ index) &* 4, as: Int32.self)
          output[start &+ index] = Int32(littleEndian: id)
        }
      }
    }
  }
}

/// The counts at the end of a shard; all its offsets follow from them.
struct ShardFooter: Equatable, Sendable {
  /// The tokens of the shard.
  var tokenCount: Int
  /// The tokens of every frame but the last.
  var frameTokenCount: Int
  /// The number of document starts, including continuations after a cut.
  var documentStartCount: Int
  /// The size of all token frames.
  var framesByteCount: Int
  /// The size of the document table.
  var documentTableByteCount: Int

  static let fields: [any WritableKeyPath<ShardFooter, Int> & Sendable] = [
    \.tokenCount, \.frameTokenCount, \.documentStartCount, \.framesByteCount,
    \.documentTableByteCount,
  ]

  /// The number of token frames.
  var frameCount: Int { tokenCount / frameTokenCount + (tokenCount % frameTokenCount == 0 ? 0 : 1) }

  /// The tokens of frame `frame`.
  func tokenCount(ofFrame frame: Int) -> Int {
    min(frameTokenCount, tokenCount - frame * frameTokenCount)
  }

  var numbers: [UInt8] {
    var bytes: [UInt8] = []
    for field in Self.fields { bytes.append(littleEndian: UInt64(self[keyPath: field])) }
    return bytes
  }
}

extension ShardFooter {
  /// Parses the numbers of a footer; `nil` unless all parts add up to `fileByteCount`, the size of
  /// the file.
  init?(numbers bytes: [UInt8], fileByteCount: Int) {
    self.init(
      tokenCount: 0, frameTokenCount: 0, documentStartCount: 0, framesByteCount: 0,
      documentTableByteCount: 0)
    for (index, field) in Self.fields.enumerated() {
      guard let value = Int(exactly: bytes.littleEndian(at: index * 8, as: UInt64.self)),
        value <= 1 << 56
      else { return nil }
      self[keyPath: field] = value
    }
    guard (1...ShardFormat.maximumFrameTokenCount).contains(frameTokenCount),
      documentStartCount <= documentTableByteCount,
      ShardFormat.headerByteCount + framesByteCount + documentTableByteCount + 4 * frameCount
        + ShardFormat.footerByteCount == fileByteCount
    else { return nil }
  }
}
