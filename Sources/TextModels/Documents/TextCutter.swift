/// Finds safe cuts: offsets at which a text can be cut without changing its tokens.
///
/// A cut is safe after a lone newline and before a lone space, if both neighbours are not white
/// space: no split pattern in use joins or looks across it, and no normalisation form composes
/// across it.
///
/// The exception is an added token that is not special, and so found in all text: if it contains
/// white space or strips the white space beside it, a cut may lie within it.
enum TextCutter {
  /// The last safe cut in `bytes`, as the number of bytes before it, with text on both sides; `nil`
  /// if there is none.
  static func lastCut(in bytes: ArraySlice<UInt8>) -> Int? {
    let (newline, space) = (UInt8(ascii: "\n"), UInt8(ascii: " "))
    var index = bytes.endIndex - 2
    while index > bytes.startIndex {
      let byte = bytes[index]
      // o200k's pattern joins a slash to punctuation and a newline before it.
      let isPlace = byte == space || byte == newline && bytes[index + 1] != UInt8(ascii: "/")
      if isPlace, isText(bytes[(index + 1)...].prefix(4)),
        endsText(bytes[..<index])
      {
        return index - bytes.startIndex + (byte == newline ? 1 : 0)
      }
      index -= 1
    }
    return nil
  }

  /// The length of the longest prefix of `bytes` that has at most `limit` bytes and ends between
  /// two characters.
  static func lastCharacterEnd(in bytes: ArraySlice<UInt8>, limit: Int) -> Int {
    guard limit < bytes.count else { return bytes.count }
    var end = limit
    while end > 0, limit - end < 3, bytes[bytes.startIndex + end] & 0xC0 == 0x80 { end -= 1 }
    return end
  }

  /// Whether the last character of `bytes` is not white space.
  private static func endsText(_ bytes: ArraySlice<UInt8>) -> Bool {
    let start = bytes.suffix(4).lastIndex { $0 & 0xC0 != 0x80 }
    return start.map { isText(bytes[$0...]) } ?? false
  }

  /// Whether `bytes` begin with a character that is not white space.
  private static func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
    var iterator = bytes.makeIterator()
    var decoder = UTF8()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return false }
    return !scalar.properties.isWhitespace
  }
}
