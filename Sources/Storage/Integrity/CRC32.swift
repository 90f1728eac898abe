import CZlib

/// The checksum of ISO 3309, which files in ZIP archives and blocks of tensors have; it finds every
/// change of up to 32 neighbouring bits.
package struct CRC32 {
  /// The checksum of the bytes so far.
  package private(set) var value: UInt32 = 0

  package init() {}

  /// Takes in `bytes`, which follow those before.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    value = unsafe UInt32(truncatingIfNeeded: crc32_z(UInt(value), start, bytes.count))
  }

  /// Takes in `bytes`, which follow those before.
  package mutating func update(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }
}
