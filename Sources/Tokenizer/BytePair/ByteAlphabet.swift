/// The characters by which files of byte-level vocabularies write bytes.
///
/// Printable ASCII and Latin-1 stand for themselves, the other bytes for U+0100 and up
/// (`bytes_to_unicode` in `encoder.py` of openai/gpt-2).
enum ByteAlphabet {
  /// All bytes in the order of the scalars that stand for them, the order of their ids.
  static let sortedBytes: [UInt8] =
    (UInt8.min...UInt8.max).filter(isPrintable)
    + (UInt8.min...UInt8.max).filter { !isPrintable($0) }

  /// The scalar that stands for each byte.
  static let scalars: [Unicode.Scalar] = {
    var scalars = (UInt8.min...UInt8.max).map { Unicode.Scalar($0) }
    for (index, byte) in sortedBytes.filter({ !isPrintable($0) }).enumerated() {
      scalars[Int(byte)] = Unicode.Scalar(UInt16(0x100 + index)) ?? " "
    }
    return scalars
  }()

  /// Those scalars in UTF-8.
  static let units = scalars.map { Array(String($0).utf8) }

  /// The byte that each scalar up to the last of the alphabet stands for.
  private static let bytes: [UInt8?] = {
    var bytes = [UInt8?](repeating: nil, count: 0x100 + 256)
    for (byte, scalar) in zip(UInt8.min...UInt8.max, scalars) { bytes[Int(scalar.value)] = byte }
    return bytes
  }()

  /// How a file writes `bytes`.
  static func text(of bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    for byte in bytes { text.append(contentsOf: units[Int(byte)]) }
    return String(decoding: text, as: UTF8.self)
  }

  /// How a file writes `bytes`, in UTF-8.
  static func units(of bytes: Span<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    for index in bytes.indices { text.append(contentsOf: units[Int(bytes[index])]) }
    return text
  }

  /// The bytes that a file writes as `text`; `nil` where a character stands for none.
  static func bytes(of text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    return append(text[...], to: &bytes) ? bytes : nil
  }

  /// Appends the bytes that a file writes as `text`; says whether every character stands for one.
  static func append(_ text: Substring, to bytes: inout [UInt8]) -> Bool {
    let table = Self.bytes
    var lead: Int?
    for unit in text.utf8 {
      var scalar = Int(unit)
      if let first = lead {
        scalar = first << 6 | scalar & 0x3F
        lead = nil
      } else if unit >= 0xC0 {
        // Every scalar of the alphabet has at most two units; a longer one is off the table.
        lead = scalar & 0x1F
        guard unit < 0xE0 else { return false }
        continue
      }
      guard scalar < table.count, let byte = table[scalar] else { return false }
      bytes.append(byte)
    }
    return true
  }

  private static func isPrintable(_ byte: UInt8) -> Bool {
    33...126 ~= byte || 161...172 ~= byte || 174...255 ~= byte
  }
}
