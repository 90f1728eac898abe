import Storage

/// Reads instructions and their literals from a pickle, in order.
struct PickleCursor {
  private let bytes: [UInt8]
  /// The offset of the next byte.
  private(set) var offset = 0

  init(_ bytes: [UInt8], at offset: Int) {
    (self.bytes, self.offset) = (bytes, offset)
  }

  var isAtEnd: Bool { offset == bytes.count }

  /// A non-negative integer of `count` bytes, at most four, lowest first.
  mutating func natural(_ count: Int) throws(FormatViolation) -> Int {
    try take(count).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// The text up to the end of the line.
  mutating func line() throws(FormatViolation) -> String {
    let rest = bytes[offset...]
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { throw cutOff }
    defer { offset = end + 1 }
    return String(decoding: rest[..<end], as: UTF8.self)
  }

  /// The number or text of `opcode`, an instruction with a literal.
  mutating func literal(_ opcode: PickleOpcode) throws(FormatViolation) -> PickleValue {
    switch opcode {
    case .binInt1: return .integer(try natural(1))
    case .binInt2: return .integer(try natural(2))
    case .binInt: return .integer(Int(Int32(truncatingIfNeeded: try natural(4))))
    case .long1: return try long()
    case .binFloat:
      let bits = try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return .real(Double(bitPattern: bits))
    case .shortBinString: return .string(try text(try natural(1)))
    default: return .string(try text(try natural(4)))
    }
  }

  /// An integer in two's complement after its length.
  private mutating func long() throws(FormatViolation) -> PickleValue {
    let digits = try take(try natural(1))
    guard digits.count <= 8 else { return .plain("an integer of \(digits.count.counting("byte"))") }
    let isNegative = digits.last.map { $0 >= 0x80 } ?? false
    return .integer(digits.reversed().reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) })
  }

  /// UTF-8 of `count` bytes.
  private mutating func text(_ count: Int) throws(FormatViolation) -> String {
    guard let text = String(validating: try take(count), as: UTF8.self) else {
      throw FormatViolation("its pickle has a string that is not UTF-8 before byte \(offset)")
    }
    return text
  }

  private mutating func take(_ count: Int) throws(FormatViolation) -> [UInt8] {
    guard count <= bytes.count - offset else { throw cutOff }
    defer { offset += count }
    return Array(bytes[offset..<offset + count])
  }

  private var cutOff: FormatViolation {
    FormatViolation("its pickle ends within the instruction before byte \(offset)")
  }
}
