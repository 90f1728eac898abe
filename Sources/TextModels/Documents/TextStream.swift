import Storage
import SystemPackage

/// The bytes of a file in UTF-8, as its form says, with a lookahead buffer.
final class TextStream {
  /// The path of the text's file; `-` for standard input.
  let path: FilePath
  /// Whether nothing is left to read after the buffer.
  private(set) var isAtEnd = false
  /// The number of bytes taken so far, including a byte order mark.
  private(set) var takenByteCount = 0

  private let stream: any ByteStream
  private var bytes: [UInt8] = []
  private var start = 0

  /// The bytes that were read and not yet taken.
  var buffer: ArraySlice<UInt8> { bytes[start...] }

  /// The number of bytes of the file on disk read so far.
  var readByteCount: Int { stream.readByteCount }

  /// Opens `file` and skips a byte order mark.
  init(_ file: InputFile, _ form: TextForm = TextForm()) throws {
    path = file.path
    stream = try file.open(form)
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    try fill(beyond: mark.count)
    if buffer.starts(with: mark) { _ = take(mark.count) }
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
    guard let count = try lineByteCount(from: 0) else {
      throw InputError.malformedLine(
        path, line: number, reason: "expected at most \(DocumentSource.longestLineByteCount) bytes")
    }
    guard count > 0 || !isAtEnd || !buffer.isEmpty else { return nil }
    var line = take(min(count + 1, buffer.count))
    if line.last == UInt8(ascii: "\n") { line.removeLast() }
    return line
  }

  /// The number of bytes from `start` in the buffer to the end of the line there, which is read
  /// whole; `nil` if it is longer than ``DocumentSource/longestLineByteCount``.
  private func lineByteCount(from start: Int) throws -> Int? {
    var searched = start
    while true {
      let rest = buffer.dropFirst(searched)
      if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        return end - buffer.startIndex - start
      }
      searched = max(searched, buffer.count)
      if isAtEnd { return searched - start }
      guard searched <= DocumentSource.longestLineByteCount else { return nil }
      try fill(beyond: searched)
    }
  }
}

extension TextStream {
  /// What the beginning of a text looks like.
  enum Beginning {
    case text
    /// The first line that is not blank is a JSON object.
    case lines
    /// JSON of another arrangement.
    case json
    /// Something else than text.
    case foreign(ForeignContent)
    /// The bytes of UTF-16 without a mark, by its name.
    case utf16(String)
  }

  private static let sampleByteCount = 4096
  private static let longestBlankByteCount = 1 << 20

  /// What the text that was not taken yet begins as.
  func beginning() throws -> Beginning {
    try fill(beyond: Self.sampleByteCount)
    let sample = buffer.prefix(Self.sampleByteCount)
    if let content = ForeignContent(sample, of: path) { return .foreign(content) }
    if let name = Self.unmarkedUTF16(sample) { return .utf16(name) }
    guard let first = try mark(from: 0), "{[".utf8.contains(first.byte),
      let second = try mark(from: first.place + 1)
    else { return .text }
    if first.byte == UInt8(ascii: "[") { return "{[\"".utf8.contains(second.byte) ? .json : .text }
    guard "\"}".utf8.contains(second.byte) else { return .text }
    guard let count = try lineByteCount(from: first.place) else { return .json }
    let line = Array(buffer.dropFirst(first.place).prefix(count))
    return (try? JSONValue.parse(line))?.object == nil ? .json : .lines
  }

  /// Whether the text begins as JSON lines do.
  func beginsAsLines() throws -> Bool { if case .lines = try beginning() { true } else { false } }

  /// The first byte from `start` in the buffer that is not white space of JSON.
  private func mark(from start: Int) throws -> (byte: UInt8, place: Int)? {
    var place = start
    while place < Self.longestBlankByteCount {
      try fill(beyond: place)
      guard place < buffer.count else { return nil }
      let byte = buffer[buffer.startIndex + place]
      guard " \t\r\n".utf8.contains(byte) else { return (byte, place) }
      place += 1
    }
    return nil
  }

  /// The name of UTF-16 if more than a third of all pairs of bytes have a zero on one side and
  /// none on the other.
  private static func unmarkedUTF16(_ sample: ArraySlice<UInt8>) -> String? {
    if sample.starts(with: [0xFF, 0xFE]) || sample.starts(with: [0xFE, 0xFF]) { return nil }
    var zeros = [0, 0]
    for (place, byte) in sample.enumerated() where byte == 0 { zeros[place % 2] += 1 }
    let many = sample.count / 6
    if zeros[0] == 0, zeros[1] > many { return "UTF-16LE" }
    return zeros[1] == 0 && zeros[0] > many ? "UTF-16BE" : nil
  }
}
