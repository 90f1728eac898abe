/// The checksum of the files in a ZIP archive: CRC-32 of ISO 3309, eight bytes at a time.
struct CRC32 {
  private var state = UInt32.max

  /// The checksum of the bytes so far.
  var value: UInt32 { ~state }

  /// The remainder of every byte value followed by 0 to 7 zero bytes, one table after the other.
  private static let tables: [UInt32] = {
    let polynomial: UInt32 = 0xEDB8_8320
    var tables = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { rest, _ in rest >> 1 ^ (rest & 1 == 1 ? polynomial : 0) }
    }
    for index in 256..<8 * 256 {
      let shorter = tables[index - 256]
      tables.append(shorter >> 8 ^ tables[Int(shorter & 0xFF)])
    }
    return tables
  }()

  /// Takes in `bytes`, which follow those before.
  mutating func update(_ bytes: Span<UInt8>) {
    let tables = Self.tables.span
    var state = state
    var index = 0
    while index &+ 8 <= bytes.count {
      state ^=
        UInt32(bytes[index]) | UInt32(bytes[index &+ 1]) << 8 | UInt32(bytes[index &+ 2]) << 16
        | UInt32(bytes[index &+ 3]) << 24
      state =
        tables[7 &* 256 &+ Int(state & 0xFF)] ^ tables[6 &* 256 &+ Int(state >> 8 & 0xFF)]
        ^ tables[5 &* 256 &+ Int(state >> 16 & 0xFF)] ^ tables[4 &* 256 &+ Int(state >> 24)]
        ^ tables[3 &* 256 &+ Int(bytes[index &+ 4])] ^ tables[2 &* 256 &+ Int(bytes[index &+ 5])]
        ^ tables[256 &+ Int(bytes[index &+ 6])] ^ tables[Int(bytes[index &+ 7])]
      index &+= 8
    }
    while index < bytes.count {
      state = state >> 8 ^ tables[Int((state ^ UInt32(bytes[index])) & 0xFF)]
      index &+= 1
    }
    self.state = state
  }
}
