import Storage
import SystemPackage
import Tokenizer

/// The state of reading the documents of a source, file by file.
struct DocumentReader {
  private let source: DocumentSource
  /// The number of bytes of text that may still be read.
  private var remaining: Int
  private var document = 0
  private var finishedByteCount = 0

  private typealias Body = (DocumentChunk) throws -> Void

  init(source: DocumentSource) {
    self.source = source
    remaining = source.maximumByteCount ?? .max
  }

  /// Whether the byte limit of the source is reached.
  var isDone: Bool { remaining == 0 }

  /// Calls `body` with all pieces of the documents in `file`.
  mutating func read(_ file: InputFile, _ body: (DocumentChunk) throws -> Void) throws {
    let stream = try TextStream(file)
    switch file.layout {
    case .plain:
      try readDocument(stream, body)
    case .lines:
      var number = 1
      while !isDone, let line = try stream.line(number) {
        if line.contains(where: { !" \t\r".utf8.contains($0) }) {
          let text = try text(ofLine: line, number, stream)
          try readDocument(TextStream(text, of: stream), body)
        }
        number += 1
      }
    }
    finishedByteCount += stream.readByteCount
  }

  private mutating func readDocument(_ stream: TextStream, _ body: Body) throws {
    var isFirst = true
    var isLast = false
    var line = 1
    while !isLast {
      var bytes: [UInt8]
      (bytes, isLast) = try nextPiece(stream)
      try validate(bytes, stream, line: line)
      line += bytes.count { $0 == UInt8(ascii: "\n") }
      if bytes.count >= remaining {
        bytes.removeLast(
          bytes.count - TextCutter.lastCharacterEnd(in: bytes[...], limit: remaining))
        remaining = 0
        isLast = true
      } else {
        remaining -= bytes.count
      }
      try body(
        DocumentChunk(
          path: stream.path, document: document, bytes: bytes, isFirst: isFirst, isLast: isLast,
          readByteCount: finishedByteCount + stream.readByteCount))
      isFirst = false
    }
    document += 1
  }

  /// Takes a piece of about ``DocumentSource/chunkByteCount`` bytes that ends at a safe cut.
  private func nextPiece(_ stream: TextStream) throws -> (bytes: [UInt8], isLast: Bool) {
    var byteCount = DocumentSource.chunkByteCount
    while true {
      try stream.fill(beyond: byteCount)
      guard stream.buffer.count > byteCount else {
        return (stream.take(stream.buffer.count), true)
      }
      let beginning = stream.buffer.prefix(byteCount)
      if let cut = TextCutter.lastCut(in: beginning) { return (stream.take(cut), false) }
      if byteCount >= DocumentSource.longestChunkByteCount {
        let end = TextCutter.lastCharacterEnd(in: stream.buffer, limit: byteCount)
        return (stream.take(end), false)
      }
      byteCount *= 2
    }
  }

  private func text(
    ofLine line: [UInt8], _ number: Int, _ stream: TextStream
  ) throws -> [UInt8] {
    let json = try JSONValue.parse(line: line, number, of: stream.path)
    guard let text = json.object?[source.textField]?.string else {
      throw InputError.malformedLine(
        stream.path, line: number,
        reason: "expected an object with a string in the field \(source.textField), found "
          + (json.object?.found(in: source.textField) ?? json.kind)
          + "; name the right field with --text-field")
    }
    return Array(text.utf8)
  }

  /// Checks that `bytes`, which begin in line number `line` of the text, are UTF-8.
  private func validate(_ bytes: [UInt8], _ stream: TextStream, line: Int) throws {
    do {
      try UTF8Scan.validate(bytes.span)
    } catch {
      guard case .invalidUTF8(let offset) = error else { throw error }
      let place = stream.takenByteCount - bytes.count + offset
      let isMarked =
        place == 0 && (bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]))
      throw InputError.notUTF8(
        stream.path, line: line + bytes[..<offset].count { $0 == UInt8(ascii: "\n") },
        offset: place, likely: isMarked ? .utf16 : .latin1)
    }
  }
}

extension JSONValue {
  /// The JSON value of `line`, which is line `number` of the file at `path`.
  static func parse(line: [UInt8], _ number: Int, of path: FilePath) throws(InputError) -> JSONValue
  {
    do {
      return try parse(line)
    } catch {
      throw .malformedLine(path, line: number, reason: "expected JSON; \(error)")
    }
  }
}

extension JSONObject {
  /// The kind of value in `field`, or else the fields there are, for errors.
  func found(in field: String) -> String {
    if let value = self[field] { return "\(value.kind) in it" }
    return keys.isEmpty ? "no fields" : "only the fields \(keys.joined(separator: ", "))"
  }
}
