import CZlib

/// The CRC-32 of ISO 3309, for files in ZIP archives and blocks of tensors; it finds every change
/// within 32 neighbouring bits.
package struct CRC32 {
  /// The checksum of the bytes so far; 0 for none.
  package private(set) var value: UInt32 = 0

  package init() {}

  /// Adds the next bytes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    value = unsafe UInt32(truncatingIfNeeded: crc32_z(UInt(value), start, bytes.count))
  }

  /// Adds the next bytes.
  package mutating func update(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }
}
