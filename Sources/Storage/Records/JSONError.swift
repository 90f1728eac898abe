/// A fault in a JSON document.
package struct JSONError: Error, Equatable, CustomStringConvertible {
  /// The kind of fault.
  package enum Kind: Equatable, Sendable {
    case unexpectedByte(UInt8, expected: String)
    case unexpectedEnd(expected: String)
    case invalidUTF8
    case invalidEscape
    case loneSurrogate
    case numberOutOfRange
    case duplicateKey(String)
    case tooDeep(limit: Int)
  }

  /// The kind of fault.
  package let kind: Kind
  /// The offset in bytes from the start.
  package let offset: Int

  /// An error of `kind` at the byte `offset`.
  package init(kind: Kind, offset: Int) {
    self.kind = kind
    self.offset = offset
  }

  /// One clause, for use after a path: the offset, the expected and the found.
  package var description: String {
    let fact =
      switch kind {
      case .unexpectedByte(let byte, let expected):
        "expected \(expected), found byte 0x\(String(byte, radix: 16, uppercase: true))"
      case .unexpectedEnd(let expected): "expected \(expected), found the end"
      case .invalidUTF8: "the bytes are not UTF-8"
      case .invalidEscape: "a backslash does not begin an escape of JSON"
      case .loneSurrogate: "an escaped surrogate has no partner"
      case .numberOutOfRange: "a number is too large"
      case .duplicateKey(let key): "the key \"\(key)\" occurs twice in one object"
      case .tooDeep(let limit): "values are nested more than \(limit) deep"
      }
    return "at byte \(offset): \(fact)"
  }
}
