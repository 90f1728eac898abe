import CTokenizer

/// What has to be known about UTF-8 beyond the standard library.
package enum UTF8Scan {
  /// Throws unless `text` is UTF-8.
  package static func validate(_ text: Span<UInt8>) throws(TokenizerError) {
    let isValid = unsafe text.withUnsafeBufferPointer {
      unsafe is_utf8($0.baseAddress, $0.count) != 0
    }
    if isValid { return }
    do {
      _ = try UTF8Span(validating: text)
    } catch {
      throw .invalidUTF8(byteOffset: error.byteOffsets.lowerBound)
    }
  }

  /// The number of bytes up to an unfinished character at the end: one that is well-formed as
  /// far as it goes but needs more bytes.
  static func completeCount(_ text: Span<UInt8>) -> Int {
    for length in 1...3 where length <= text.count {
      let start = text.count - length
      let lead = text[start]
      if lead & 0xC0 == 0x80 { continue }
      let isUnfinished = length < sequenceLength(lead) && isWellFormedStart(text, start)
      return isUnfinished ? start : text.count
    }
    return text.count
  }

  /// The scalar that begins at `position` of `text`, which has to be UTF-8, and its length.
  @inline(__always)
  static func scalar(
    in text: Span<UInt8>, at position: Int
  ) -> (value: UInt32, length: Int) {
    let lead = UInt32(text[position])
    if lead < 0x80 { return (lead, 1) }
    let second = UInt32(text[position &+ 1]) & 0x3F
    if lead < 0xE0 { return ((lead & 0x1F) &<< 6 | second, 2) }
    let third = UInt32(text[position &+ 2]) & 0x3F
    if lead < 0xF0 { return ((lead & 0x0F) &<< 12 | second &<< 6 | third, 3) }
    let fourth = UInt32(text[position &+ 3]) & 0x3F
    return ((lead & 0x07) &<< 18 | second &<< 12 | third &<< 6 | fourth, 4)
  }

  /// Where the scalar before `position` begins.
  static func previousStart(in text: Span<UInt8>, before position: Int) -> Int {
    var start = position - 1
    while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }

  private static func sequenceLength(_ lead: UInt8) -> Int {
    switch lead {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 1
    }
  }

  /// Whether the byte after the lead, if it is there, is one that may follow it (Unicode
  /// Standard, table 3-7).
  private static func isWellFormedStart(_ text: Span<UInt8>, _ start: Int) -> Bool {
    guard start + 1 < text.count else { return true }
    let allowed: ClosedRange<UInt8> =
      switch text[start] {
      case 0xE0: 0xA0...0xBF
      case 0xED: 0x80...0x9F
      case 0xF0: 0x90...0xBF
      case 0xF4: 0x80...0x8F
      default: 0x80...0xBF
      }
    return allowed.contains(text[start + 1])
  }
}
