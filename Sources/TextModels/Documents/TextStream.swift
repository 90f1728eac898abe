import SystemPackage

/// The bytes of a text, with a buffer to look ahead in.
final class TextStream {
  /// The path of the file that the text is from; `-` for standard input.
  let path: FilePath
  /// Whether there is nothing to read behind the buffer.
  private(set) var isAtEnd: Bool
  /// Bytes taken so far, a byte order mark included.
  private(set) var takenByteCount = 0

  private let stream: any ByteStream
  private var bytes: [UInt8]
  private var start = 0

  /// Bytes that were read and not yet taken.
  var buffer: ArraySlice<UInt8> { bytes[start...] }

  /// Bytes of the file on disk that were read so far.
  var readByteCount: Int { stream.readByteCount }

  /// Opens `file` and passes over a byte order mark.
  init(_ file: InputFile) throws {
    path = file.path
    stream = try file.open()
    bytes = []
    isAtEnd = false
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    try fill(beyond: mark.count)
    if buffer.starts(with: mark) { _ = take(mark.count) }
  }

  /// The text `bytes`, which is part of the file that `stream` reads.
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

  /// Takes the first `byteCount` bytes of the buffer: by copying what is shorter, they or the rest.
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

  /// Takes line `number`, the next, without its newline; `nil` at the end.
  ///
  /// - Throws: ``InputError`` where it is longer than ``DocumentSource/longestLineByteCount``.
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
