import CTokenizer

/// What has to be known about UTF-8 beyond the standard library.
package enum UTF8Scan {
  /// Throws unless `text`, which begins at `offset` of what errors speak of, is UTF-8.
  package static func validate(
    _ text: Span<UInt8>, offset: Int = 0
  ) throws(TokenizerError) {
    let isValid = unsafe text.withUnsafeBufferPointer {
      unsafe is_utf8($0.baseAddress, $0.count) != 0
    }
    if isValid { return }
    do {
      _ = try UTF8Span(validating: text)
    } catch {
      throw .invalidUTF8(byteOffset: offset + error.byteOffsets.lowerBound)
    }
  }

  /// The lines of a text file, which has to be UTF-8.
  static func lines(_ text: [UInt8], path: String) throws(TokenizerError) -> [ArraySlice<UInt8>] {
    guard (try? validate(text.span)) != nil else {
      throw .corrupt(path: path, reason: "it is not UTF-8")
    }
    return text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  }

  /// The number of bytes up to an unfinished character at the end: one that is well-formed as
  /// far as it goes but needs more bytes.
  static func completeCount(_ text: Span<UInt8>) -> Int {
    for start in (max(text.count - 3, 0)..<text.count).reversed() where text[start] & 0xC0 != 0x80 {
      do {
        _ = try UTF8Span(validating: text.extracting(start...))
      } catch {
        if error.kind == .truncatedScalar { return start }
      }
      break
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

  /// The end of the run of ASCII that begins at `start`, looked at eight bytes at a time.
  @inline(__always)
  static func endOfASCII(in text: Span<UInt8>, from start: Int) -> Int {
    var position = start
    let bytes = unsafe text.bytes
    while position &+ 8 <= text.count,
      unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
        & 0x8080_8080_8080_8080 == 0
    {
      position &+= 8
    }
    while position < text.count, text[position] < 0x80 { position &+= 1 }
    return position
  }

  /// Where the scalar before `position` begins.
  static func previousStart(in text: Span<UInt8>, before position: Int) -> Int {
    var start = position - 1
    while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }
}

extension Span<UInt8> {
  /// Where the scalar begins of which the byte at `place` is one; a place behind the end stays.
  func scalarStart(_ place: Int) -> Int {
    var start = place
    while start > 0, start < count, self[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }

  /// The bytes of the whole scalars that `range` has bytes of.
  func wholeScalars(_ range: Range<Int>) -> Range<Int> {
    var end = range.upperBound
    while end < count, self[end] & 0xC0 == 0x80 { end += 1 }
    return scalarStart(range.lowerBound)..<end
  }
}
