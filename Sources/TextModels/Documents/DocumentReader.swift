import Storage
import SystemPackage
import Tokenizer

/// The state of reading the documents of a source, file by file.
struct DocumentReader {
  private let source: DocumentSource
  /// Whose tokens the cuts of documents must not change; `nil` if they may lie anywhere.
  private let tokenizer: (any TextTokenizer)?
  /// The number of bytes of text that may still be read.
  private var remaining: Int
  private var document = 0
  private var finishedByteCount = 0
  /// What reading came upon so far.
  private(set) var summary = ReadingSummary()

  private typealias Body = (DocumentChunk) throws -> Void

  init(source: DocumentSource, tokenizer: (any TextTokenizer)?) {
    self.source = source
    self.tokenizer = tokenizer
    remaining = source.maximumByteCount ?? .max
  }

  /// Whether the byte limit of the source is reached.
  var isDone: Bool { remaining == 0 }

  /// Calls `body` with all pieces of the documents in `file`.
  mutating func read(_ file: InputFile, _ body: (DocumentChunk) throws -> Void) throws {
    let stream = try TextStream(file, source.form)
    let before = summary.windowsLineEnds.count
    switch try layout(of: file, stream) {
    case .text:
      let text = PlainText(stream, source.form)
      try readDocument(text, stream, body)
      for number in text.leftOut {
        summary.leaveOut(
          .init(path: file.path, number: number, reason: "it is not \(source.form.encodingName)"))
      }
    case .jsonl:
      var number = 1
      while !isDone, let line = try stream.line(number) {
        if line.contains(where: { !" \t\r".utf8.contains($0) }),
          let text = try text(ofLine: line, number, stream, isNamed: file.layout == .jsonl)
        {
          try readDocument(PlainText(text, of: stream, source.form), stream, body)
        }
        number += 1
      }
    }
    if summary.windowsLineEnds.count > before { summary.windowsLineEnds.files += 1 }
    finishedByteCount += stream.readByteCount
  }

  /// The arrangement of `file`, by its form, its name or its content.
  private mutating func layout(
    of file: InputFile, _ stream: TextStream
  ) throws -> TextForm.Layout {
    if let layout = source.form.layout { return layout }
    if file.layout == .jsonl { return .jsonl }
    switch try stream.beginning() {
    case .foreign(let content): throw InputError.notText(file.path, content)
    case .utf16(let name) where source.form.encoding == nil:
      throw InputError.notUTF8(file.path, line: 1, offset: 0, likely: .named(name))
    case .lines where file.layout == nil:
      if !file.isNamedJSON { summary.note(file.path, in: \.readAsLines) }
      return .jsonl
    case .json, .lines:
      if !file.isNamedJSON { summary.note(file.path, in: \.readAsText) }
    case .text, .utf16: break
    }
    if file.isNamedJSON, !stream.buffer.isEmpty { throw InputError.notLines(file.path) }
    return .text
  }

  private mutating func readDocument(
    _ text: PlainText, _ stream: TextStream, _ body: Body
  ) throws {
    var isFirst = true
    var isLast = false
    while !isLast {
      var bytes: [UInt8]
      (bytes, isLast) = try nextPiece(text, stream.path)
      if bytes.count >= remaining {
        bytes.removeLast(bytes.count - Self.lastCharacterEnd(in: bytes[...], limit: remaining))
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
    summary.windowsLineEnds.count += text.windowsLineEnds
    document += 1
  }

  /// Text before a cut that may still have to be looked at, as a token may span it.
  private static let lookBehindByteCount = 1 << 14

  /// Takes a piece of about ``DocumentSource/chunkByteCount`` bytes that ends at a neutral cut.
  private func nextPiece(
    _ text: PlainText, _ path: FilePath
  ) throws -> (bytes: [UInt8], isLast: Bool) {
    var (byteCount, searched) = (DocumentSource.chunkByteCount, 0)
    while true {
      try text.fill(beyond: byteCount)
      guard text.buffer.count > byteCount else { return (text.take(text.buffer.count), true) }
      // Text behind the limit of the source is not looked at.
      guard byteCount < remaining else { return (text.take(byteCount), false) }
      let end = Self.lastCharacterEnd(in: text.buffer, limit: byteCount)
      if let cut = cut(in: text.buffer, limit: end, after: searched) {
        return (text.take(cut), false)
      }
      guard byteCount < DocumentSource.longestUncutByteCount else {
        throw InputError.withoutCut(path, limit: DocumentSource.longestUncutByteCount)
      }
      searched = max(0, end - Self.lookBehindByteCount)
      byteCount *= 2
    }
  }

  /// The last place in the first `limit` bytes of `text`, but after `start`, where it may be cut.
  private func cut(in text: ArraySlice<UInt8>, limit: Int, after start: Int) -> Int? {
    guard let tokenizer else { return limit }
    return tokenizer.lastCut(in: text.span.extracting(..<limit), after: start)
  }

  /// The length of the longest prefix of `bytes` that has at most `limit` bytes and ends between
  /// two characters.
  private static func lastCharacterEnd(in bytes: ArraySlice<UInt8>, limit: Int) -> Int {
    guard limit < bytes.count else { return bytes.count }
    var end = limit
    while end > 0, limit - end < 3, bytes[bytes.startIndex + end] & 0xC0 == 0x80 { end -= 1 }
    return end
  }

  /// The document in `line`; `nil` if it is left out.
  private mutating func text(
    ofLine line: [UInt8], _ number: Int, _ stream: TextStream, isNamed: Bool
  ) throws(InputError) -> [UInt8]? {
    do {
      return try text(ofLine: line, number, of: stream.path, isNamed: isNamed)
    } catch {
      guard source.form.skipsInvalid, case .malformedLine(_, _, let reason) = error else {
        throw error
      }
      summary.leaveOut(.init(path: stream.path, number: number, reason: reason))
      return nil
    }
  }

  private func text(
    ofLine line: [UInt8], _ number: Int, of path: FilePath, isNamed: Bool
  ) throws(InputError) -> [UInt8] {
    let field = source.form.textField
    let json = try JSONValue.parse(line: line, number, of: path)
    guard let text = json.object?[field]?.string else {
      throw .malformedLine(
        path, line: number,
        reason: "expected an object with a string in the field \(field), found "
          + (json.object?.found(in: field) ?? json.kind)
          + "; name the right field with --text-field"
          + (isNamed ? "" : ", or read the file as it is with --format text"))
    }
    return Array(text.utf8)
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
