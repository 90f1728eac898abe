/// White space as Python's `str` defines it, by which evaluation harnesses count words.
package enum WhiteSpace {
  /// Whether `\s` of Python's `re` matches `scalar`: Unicode's white space and ASCII's four
  /// separators.
  package static func contains(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }

  /// `text` without the white space at its end, and that white space.
  static func splitEnd(of text: String) -> (text: String, end: String) {
    let scalars = text.unicodeScalars
    let end = scalars.lastIndex { !contains($0) }.map(scalars.index(after:)) ?? scalars.startIndex
    return (String(scalars[..<end]), String(scalars[end...]))
  }
}

/// Counts words as lm-evaluation-harness does: the parts between runs of white space, including
/// empty ones at the ends of a document, as in Python's `len(re.split(r"\s+", text))`.
struct WordCounter {
  private(set) var count = 1
  private var isInSpace = false

  /// Adds the next piece of the document; bytes that are not UTF-8 are not white space.
  mutating func add(_ bytes: [UInt8]) {
    var iterator = bytes.makeIterator()
    var decoder = UTF8()
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar):
        let isSpace = WhiteSpace.contains(scalar)
        if isSpace, !isInSpace { count += 1 }
        isInSpace = isSpace
      case .error: isInSpace = false
      case .emptyInput: return
      }
    }
  }
}
