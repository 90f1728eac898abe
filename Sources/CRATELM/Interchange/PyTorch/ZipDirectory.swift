import Storage

/// The constants of a ZIP archive's structures.
///
/// The reader supports the archives of PyTorch: one file, entries without compression or
/// encryption, 64-bit sizes if needed (PKWARE's APPNOTE 6.3, sections 4.3 and 4.5).
enum ZipFormat {
  static let localHeaderByteCount = 30
  static let directoryHeaderByteCount = 46
  static let endByteCount = 22
  static let wideEndByteCount = 56
  static let wideLocatorByteCount = 20
  /// The marks of a field whose value is in the extra field of 64-bit numbers.
  static let wide32 = Int(UInt32.max), wide16 = Int(UInt16.max)

  /// The signatures at the start of the structures.
  enum Signature: UInt32 {
    case localHeader = 0x0403_4B50
    case directoryHeader = 0x0201_4B50
    case end = 0x0605_4B50
    case wideEnd = 0x0606_4B50
    case wideLocator = 0x0706_4B50
  }

  /// The flag of an encrypted entry.
  static let encrypted = 1
  /// The flag of an entry with sizes and checksum after its data, not in its local header.
  static let sizesFollow = 1 << 3
}

/// Integers of a structure; the caller has checked that `bytes` hold them.
struct ZipFields {
  let bytes: [UInt8]
  let start: Int

  func short(_ offset: Int) -> Int { Int(bytes.littleEndian(at: start + offset, as: UInt16.self)) }
  func word(_ offset: Int) -> Int { Int(bytes.littleEndian(at: start + offset, as: UInt32.self)) }
  func starts(with signature: ZipFormat.Signature) -> Bool {
    bytes.littleEndian(at: start, as: UInt32.self) == signature.rawValue
  }

  /// A 64-bit integer, refused from 2⁶³ on.
  func long(_ offset: Int) throws(FormatViolation) -> Int {
    guard let value = Int(exactly: bytes.littleEndian(at: start + offset, as: UInt64.self)) else {
      throw FormatViolation("its directory has a size of 2⁶³ bytes or more")
    }
    return value
  }
}

/// One file of an archive, as described in the central directory.
struct ZipRecord: Equatable {
  let name: [UInt8]
  let flags: Int
  let method: Int
  let checksum: UInt32
  let compressedByteCount: Int
  let byteCount: Int
  let headerOffset: Int

  var label: String { "'\(String(decoding: name, as: UTF8.self))'" }

  /// The `count` entries of the central directory `bytes`, which they must fill.
  static func directory(
    _ bytes: [UInt8], count: Int
  ) throws(FormatViolation) -> [ZipRecord] {
    guard count <= bytes.count / ZipFormat.directoryHeaderByteCount else {
      throw FormatViolation(
        "its directory of \(bytes.count.counting("byte")) cannot hold "
          + "\(count.counting("entry"))")
    }
    var records: [ZipRecord] = []
    var offset = 0
    for _ in 0..<count {
      records.append(try ZipRecord(bytes, at: &offset))
    }
    guard offset == bytes.count else {
      throw FormatViolation(
        "its directory holds \(bytes.count - offset) bytes after its \(count.counting("entry"))")
    }
    return records
  }

  private init(_ bytes: [UInt8], at offset: inout Int) throws(FormatViolation) {
    let fields = ZipFields(bytes: bytes, start: offset)
    let rest = bytes.count - offset - ZipFormat.directoryHeaderByteCount
    guard rest >= 0, fields.starts(with: .directoryHeader) else {
      throw FormatViolation("its directory has no entry at byte \(offset)")
    }
    let (nameCount, extraCount, commentCount) = (
      fields.short(28), fields.short(30), fields.short(32)
    )
    guard nameCount + extraCount + commentCount <= rest else {
      throw FormatViolation("its directory's entry at byte \(offset) is cut off")
    }
    let start = offset + ZipFormat.directoryHeaderByteCount
    name = Array(bytes[start..<start + nameCount])
    flags = fields.short(8)
    method = fields.short(10)
    checksum = UInt32(truncatingIfNeeded: fields.word(16))
    let extra = Array(bytes[start + nameCount..<start + nameCount + extraCount])
    let numbers = try ZipRecord.widened(
      [fields.word(24), fields.word(20), fields.word(42)], extra: extra)
    (byteCount, compressedByteCount, headerOffset) = (numbers[0], numbers[1], numbers[2])
    offset = start + nameCount + extraCount + commentCount
  }

  /// `numbers`, with the marked ones replaced, in order, from the extra field of 64-bit numbers.
  static func widened(_ numbers: [Int], extra: [UInt8]) throws(FormatViolation) -> [Int] {
    guard numbers.contains(ZipFormat.wide32) else { return numbers }
    let wideNumbers = 1
    var offset = 0
    while offset + 4 <= extra.count {
      let fields = ZipFields(bytes: extra, start: offset)
      let (kind, size) = (fields.short(0), fields.short(2))
      guard size <= extra.count - offset - 4 else { break }
      guard kind == wideNumbers else {
        offset += 4 + size
        continue
      }
      var place = 4
      var result: [Int] = []
      for number in numbers {
        guard number == ZipFormat.wide32 else {
          result.append(number)
          continue
        }
        guard place + 8 <= 4 + size else {
          throw FormatViolation("its directory lacks a 64-bit size")
        }
        result.append(try fields.long(place))
        place += 8
      }
      return result
    }
    throw FormatViolation("its directory lacks a 64-bit size")
  }
}
