import Storage
import SystemPackage
import Tokenizer

/// A document as it is read: UTF-8 by whole characters, with the line ends that were asked for.
final class PlainText {
  private let stream: TextStream
  private let form: TextForm
  /// Whether nothing is left to read after the buffer.
  private var isAtEnd = false
  /// Text that was read; what was taken of it ends at ``start``.
  private var text: [UInt8] = []
  private var start = 0
  /// Bytes that wait for those behind them.
  private var rest: [UInt8] = []
  /// The number of the line at the beginning of ``rest``, from 1.
  private var line = 1
  /// The number of Windows' line ends so far.
  private(set) var windowsLineEnds = 0
  /// The numbers of the lines that were left out so far.
  private(set) var leftOut: [Int] = []

  /// The text that `stream` is still to give.
  init(_ stream: TextStream, _ form: TextForm) {
    (self.stream, self.form) = (stream, form)
  }

  /// The document `text` of a line of `stream`.
  init(_ text: [UInt8], of stream: TextStream, _ form: TextForm) {
    (self.stream, self.form) = (stream, form)
    isAtEnd = true
    self.text = withLineEnds(text)
  }

  /// Text that was read and not yet taken.
  var buffer: ArraySlice<UInt8> { text[start...] }

  /// Reads until the buffer holds more than `byteCount` bytes or the text ends.
  ///
  /// - Throws: ``InputError`` if it is not of its encoding.
  func fill(beyond byteCount: Int) throws {
    while !isAtEnd, buffer.count <= byteCount {
      try stream.fill(beyond: 0)
      let seenByteCount = rest.count
      rest += stream.take(stream.buffer.count)
      isAtEnd = stream.isAtEnd
      let count = isAtEnd ? rest.count : readyByteCount(seenByteCount: seenByteCount)
      guard count > 0 else { continue }
      var text = Array(rest[count...])
      swap(&text, &rest)
      text.removeLast(text.count - count)
      let ready = try valid(text)
      line += Self.count(of: UInt8(ascii: "\n"), in: text)
      self.text.removeFirst(start)
      start = 0
      self.text += withLineEnds(ready)
    }
  }

  /// Takes the first `byteCount` bytes of the buffer.
  func take(_ byteCount: Int) -> [UInt8] {
    defer { start += byteCount }
    return Array(buffer.prefix(byteCount))
  }

  /// The number of bytes of ``rest`` that can be looked at: whole lines if some may be left out,
  /// otherwise whole characters, but no carriage return without what follows it.
  ///
  /// The first `seenByteCount` bytes held no whole line before.
  private func readyByteCount(seenByteCount: Int) -> Int {
    if form.skipsInvalid {
      let end = rest[seenByteCount...].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
      return end == 0 && rest.count > DocumentSource.longestLineByteCount ? rest.count : end
    }
    var count = rest.count
    // A character has at most four bytes.
    if let start = rest.suffix(3).lastIndex(where: { $0 >= 0xC0 }) {
      let length = rest[start] >= 0xF0 ? 4 : rest[start] >= 0xE0 ? 3 : 2
      if start + length > rest.count { count = start }
    }
    return count == rest.count && rest.last == UInt8(ascii: "\r") ? count - 1 : count
  }

  /// `text` without the lines that are left out.
  private func valid(_ text: [UInt8]) throws(InputError) -> [UInt8] {
    guard let offset = Self.offsetOfFault(in: text) else { return text }
    guard form.skipsInvalid else { throw fault(in: text, at: offset) }
    var (kept, number) = ([UInt8](), line)
    var rest = text[...]
    while !rest.isEmpty {
      let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
      let line = Array(rest[..<end])
      if Self.offsetOfFault(in: line) == nil { kept += line } else { leftOut.append(number) }
      number += 1
      rest = rest[end...]
    }
    return kept
  }

  private static func offsetOfFault(in text: [UInt8]) -> Int? {
    do throws(TokenizerError) {
      try UTF8Scan.validate(text.span)
    } catch {
      if case .invalidUTF8(let offset) = error { return offset }
    }
    return nil
  }

  private func fault(in text: [UInt8], at offset: Int) -> InputError {
    let line = line + text[..<offset].count { $0 == UInt8(ascii: "\n") }
    if let encoding = form.encoding {
      return .notInEncoding(stream.path, line: line, encoding: encoding)
    }
    return .notUTF8(
      stream.path, line: line,
      offset: stream.takenByteCount - rest.count - text.count + offset,
      likely: LikelyEncoding(of: text, fault: offset))
  }

  /// `text` with the line ends that were asked for.
  private func withLineEnds(_ text: [UInt8]) -> [UInt8] {
    if Self.count(of: UInt8(ascii: "\r"), in: text) == 0 { return text }
    var (result, start) = ([UInt8](), text.startIndex)
    while let place = text[start...].firstIndex(of: UInt8(ascii: "\r")) {
      let next = place + 1
      let isEnd = next < text.endIndex && text[next] == UInt8(ascii: "\n")
      if isEnd { windowsLineEnds += 1 }
      result += text[start..<(isEnd && form.lineEnds == .lf ? place : next)]
      start = next
    }
    return result + text[start...]
  }

  private static func count(of byte: UInt8, in text: [UInt8]) -> Int {
    unsafe text.withUnsafeBufferPointer { text in
      unsafe text.reduce(0) { $0 &+ ($1 == byte ? 1 : 0) }
    }
  }
}
