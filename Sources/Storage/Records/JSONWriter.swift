extension JSONValue {
  /// The layout of a document.
  package enum Layout: Sendable {
    /// On one line, without spaces.
    case compact
    /// One member per line, indented by two spaces.
    case pretty
  }

  /// The document as UTF-8; equal values give equal bytes.
  ///
  /// NaN and infinities become `null`, since JSON has no such numbers.
  package func serialized(_ layout: Layout = .compact) -> [UInt8] {
    var writer = JSONWriter(layout: layout)
    writer.write(self)
    return writer.bytes
  }
}

/// Appends values to a buffer.
struct JSONWriter {
  let layout: JSONValue.Layout
  private(set) var bytes: [UInt8] = []
  private var depth = 0

  init(layout: JSONValue.Layout) { self.layout = layout }

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: append("null")
    case .bool(let value): append(value ? "true" : "false")
    case .integer(let value): append(String(value))
    case .number(let value): append(value.isFinite ? String(value) : "null")
    case .string(let value): write(string: value)
    case .array(let elements):
      write("[", "]", count: elements.count) { writer, index in writer.write(elements[index]) }
    case .object(let object):
      write("{", "}", count: object.count) { writer, index in
        writer.write(string: object.keys[index])
        writer.append(writer.layout == .pretty ? ": " : ":")
        writer.write(object.values[index])
      }
    }
  }

  private mutating func write(
    _ open: String, _ close: String, count: Int, element: (inout JSONWriter, Int) -> Void
  ) {
    append(open)
    depth += 1
    for index in 0..<count {
      if index > 0 { append(",") }
      breakLine()
      element(&self, index)
    }
    depth -= 1
    if count > 0 { breakLine() }
    append(close)
  }

  private mutating func breakLine() {
    guard layout == .pretty else { return }
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: 2 * depth))
  }

  private mutating func write(string: String) {
    append("\"")
    if string.utf8.allSatisfy({ Self.escape(of: $0) == nil }) {
      append(string)
    } else {
      for byte in string.utf8 {
        if let escape = Self.escape(of: byte) { append(escape) } else { bytes.append(byte) }
      }
    }
    append("\"")
  }

  /// The escape of `byte` within a string; `nil` if it needs none.
  @inline(__always)
  private static func escape(of byte: UInt8) -> String? {
    switch byte {
    case UInt8(ascii: "\""): "\\\""
    case UInt8(ascii: "\\"): "\\\\"
    case 0x08: "\\b"
    case 0x0C: "\\f"
    case 0x0A: "\\n"
    case 0x0D: "\\r"
    case 0x09: "\\t"
    case 0..<0x20: (byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16)
    default: nil
    }
  }

  private mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }
}
