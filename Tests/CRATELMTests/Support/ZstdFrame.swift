/// zstd frames written field by field (RFC 8878, section 3.1.1), so that each field can be wrong.
enum ZstdFrame {
  static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

  /// A block of bytes as they are.
  static func raw(_ bytes: [UInt8], isLast: Bool = true) -> [UInt8] {
    header(type: 0, size: bytes.count, isLast) + bytes
  }

  /// A block of one byte repeated.
  static func repeated(_ byte: UInt8, count: Int, isLast: Bool = true) -> [UInt8] {
    header(type: 1, size: count, isLast) + [byte]
  }

  private static func header(type: Int, size: Int, _ isLast: Bool) -> [UInt8] {
    let value = (isLast ? 1 : 0) | type << 1 | size << 3
    return Array(value.littleEndianBytes.prefix(3))
  }

  /// A frame in one segment that promises `contentSize` bytes.
  static func single(contentSize: UInt64, _ blocks: [UInt8]) -> [UInt8] {
    magic + [0b1110_0000] + contentSize.littleEndianBytes + blocks
  }

  /// A frame with a window descriptor and no content size.
  static func windowed(descriptor: UInt8, _ blocks: [UInt8]) -> [UInt8] {
    magic + [0b0000_0000, descriptor] + blocks
  }
}
