import SystemPackage

/// The bytes of a text, with a lookahead buffer.
final class TextStream {
  /// The path of the text's file; `-` for standard input.
  let path: FilePath
  /// Whether nothing is left to read after the buffer.
  private(set) var isAtEnd: Bool
  /// The number of bytes taken so far, including a byte order mark.
  private(set) var takenByteCount = 0

  private let stream: any ByteStream
  private var bytes: [UInt8]
  private var start = 0

  /// The bytes that were read and not yet taken.
  var buffer: ArraySlice<UInt8> { bytes[start...] }

  /// The number of bytes of the file on disk read so far.
  var readByteCount: Int { stream.readByteCount }

  /// Opens `file` and skips a byte order mark.
  init(_ file: InputFile) throws {
    path = file.path
    stream = try file.open()
    bytes = []
    isAtEnd = false
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    try fill(beyond: mark.count)
    if buffer.starts(with: mark) { _ = take(mark.count) }
  }

  /// A text of `bytes` from the file that `stream` reads.
  init(_ bytes: [UInt8], of stream: TextStream) {
    path = stream.path
    self.stream = stream.stream
    self.bytes = bytes
    isAtEnd = true
  }

  /// Reads until the buffer holds more than `byteCount` bytes or the text ends.
  func fill(beyond byteCount: Int) throws {
    while !isAtEnd, buffer.count <= byteCount {
      let next = try stream.next()
      if next.isEmpty { isAtEnd = true }
      bytes.removeFirst(start)
      start = 0
      bytes += next
    }
  }

  /// Takes the first `byteCount` bytes of the buffer; copies them or the rest, whichever is less.
  func take(_ byteCount: Int) -> [UInt8] {
    takenByteCount += byteCount
    guard start == 0, byteCount > bytes.count / 2 else {
      let taken = Array(buffer.prefix(byteCount))
      start += byteCount
      return taken
    }
    var rest = Array(buffer.dropFirst(byteCount))
    swap(&bytes, &rest)
    rest.removeLast(bytes.count)
    return rest
  }

  /// Takes the next line, which is line `number`, without its newline; `nil` at the end.
  ///
  /// - Throws: ``InputError`` if it is longer than ``DocumentSource/longestLineByteCount``.
  func line(_ number: Int) throws -> [UInt8]? {
    var searched = 0
    while true {
      if let end = buffer.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) {
        return Array(take(end + 1 - start).dropLast())
      }
      if isAtEnd { return buffer.isEmpty ? nil : take(buffer.count) }
      searched = buffer.count
      guard searched <= DocumentSource.longestLineByteCount else {
        throw InputError.malformedLine(
          path, line: number,
          reason: "expected at most \(DocumentSource.longestLineByteCount) bytes")
      }
      try fill(beyond: searched)
    }
  }
}
