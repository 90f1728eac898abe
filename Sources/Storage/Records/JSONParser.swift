extension JSONValue {
  /// The deepest accepted nesting of arrays and objects.
  package static let nestingLimit = 128

  /// Parses `bytes` as one JSON document, strictly by RFC 8259.
  ///
  /// It is stricter than the standard in three points: a key occurs once in an object, an escaped
  /// surrogate has its partner, and numbers are finite doubles.
  ///
  /// - Complexity: linear in the number of bytes.
  package static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      throw JSONError(kind: .invalidUTF8, offset: error.byteOffsets.lowerBound)
    }
    var parser = JSONParser(bytes: bytes)
    return try parser.document()
  }
}

/// Parses values from left to right; `bytes` are valid UTF-8.
struct JSONParser {
  let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONError) -> JSONValue {
    let value = try value()
    skipWhitespace()
    guard position == bytes.count else { throw unexpected("the end") }
    return value
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    skipWhitespace()
    switch peek {
    case UInt8(ascii: "{"): return .object(try object())
    case UInt8(ascii: "["): return .array(try array())
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case .some(let byte) where Self.beginsNumber(byte): return try number()
    default: throw unexpected("a value")
    }
  }

  private mutating func object() throws(JSONError) -> JSONObject {
    try enter()
    var object = JSONObject()
    skipWhitespace()
    if take("}") {
      depth -= 1
      return object
    }
    while true {
      skipWhitespace()
      let start = position
      guard peek == UInt8(ascii: "\"") else { throw unexpected("a key") }
      let key = try string()
      skipWhitespace()
      guard take(":") else { throw unexpected("':'") }
      let value = try value()
      guard object.insert(value, for: key) else {
        throw JSONError(kind: .duplicateKey(key), offset: start)
      }
      skipWhitespace()
      if take(",") { continue }
      guard take("}") else { throw unexpected("',' or '}'") }
      depth -= 1
      return object
    }
  }

  private mutating func array() throws(JSONError) -> [JSONValue] {
    try enter()
    var elements: [JSONValue] = []
    skipWhitespace()
    if take("]") {
      depth -= 1
      return elements
    }
    while true {
      elements.append(try value())
      skipWhitespace()
      if take(",") { continue }
      guard take("]") else { throw unexpected("',' or ']'") }
      depth -= 1
      return elements
    }
  }

  /// Steps over the bracket that opens an array or object.
  private mutating func enter() throws(JSONError) {
    guard depth < JSONValue.nestingLimit else {
      throw JSONError(kind: .tooDeep(limit: JSONValue.nestingLimit), offset: position)
    }
    depth += 1
    position += 1
  }

  private mutating func literal(
    _ text: StaticString, _ value: JSONValue
  ) throws(JSONError) -> JSONValue {
    for byte in text.description.utf8 {
      guard peek == byte else { throw unexpected("'\(text)'") }
      position += 1
    }
    return value
  }

  // MARK: Numbers

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    let isNegative = take("-")
    let digits = position
    if !take("0") { try skipDigits() }
    let isZero = bytes[digits] == UInt8(ascii: "0")
    var isInteger = true
    if take(".") {
      isInteger = false
      try skipDigits()
    }
    if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if !take("+") { _ = take("-") }
      try skipDigits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    // Minus zero is not an integer, which would lose its sign.
    if isInteger, !(isNegative && isZero), let value = Int64(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else {
      throw JSONError(kind: .numberOutOfRange, offset: start)
    }
    return .number(value)
  }

  private mutating func skipDigits() throws(JSONError) {
    let start = position
    while let byte = peek, UInt8(ascii: "0") <= byte, byte <= UInt8(ascii: "9") { position += 1 }
    guard position > start else { throw unexpected("a digit") }
  }

  // MARK: Strings

  private mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
    if peek == UInt8(ascii: "\"") {
      position += 1
      return String(decoding: bytes[start..<position - 1], as: UTF8.self)
    }
    return try escapedString(after: Array(bytes[start..<position]))
  }

  private mutating func escapedString(after prefix: [UInt8]) throws(JSONError) -> String {
    var text = prefix
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        try escape(into: &text)
      case 0..<0x20:
        throw unexpected("a character that needs no escape")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw unexpected("'\"'")
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    let start = position
    position += 1
    guard let byte = peek else { throw unexpected("an escape") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      text.append(contentsOf: String(try escapedScalar(from: start)).utf8)
    default: throw JSONError(kind: .invalidEscape, offset: start)
    }
  }

  private mutating func escapedScalar(from start: Int) throws(JSONError) -> Unicode.Scalar {
    let first = try fourHexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, take("\\"), take("u") else {
      throw JSONError(kind: .loneSurrogate, offset: start)
    }
    let second = try fourHexDigits()
    guard 0xDC00...0xDFFF ~= second,
      let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    else {
      throw JSONError(kind: .loneSurrogate, offset: start)
    }
    return scalar
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw unexpected("a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  // MARK: Bytes

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard let byte = peek, byte == UInt8(ascii: scalar) else { return false }
    position += 1
    return true
  }

  private mutating func skipWhitespace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private func unexpected(_ expected: String) -> JSONError {
    guard let byte = peek else {
      return JSONError(kind: .unexpectedEnd(expected: expected), offset: position)
    }
    return JSONError(kind: .unexpectedByte(byte, expected: expected), offset: position)
  }

  private static func beginsNumber(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
