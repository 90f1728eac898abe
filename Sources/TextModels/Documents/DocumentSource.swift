import Storage
public import SystemPackage
public import Tokenizer

/// The documents of text files, read piece by piece in bounded memory.
///
/// A plain text file is a document; so is the text field of every line of a `.jsonl` file. Both may
/// be compressed (`.gz`, `.zst`). A byte order mark at the start of a file is not part of the text.
public struct DocumentSource: Sendable {
  /// The usual number of bytes of a piece of a document; it has more if no neutral cut is found.
  static let chunkByteCount = 1 << 18
  /// The most bytes of a text in which no neutral cut is found.
  static let longestUncutByteCount = 1 << 28
  /// The most bytes of a line of a `.jsonl` file.
  static let longestLineByteCount = 1 << 28

  /// The files, in reading order.
  package private(set) var files: [InputFile]
  /// What is not read of directories.
  public let passedOver: [PassedOver]
  /// How bytes become documents.
  public let form: TextForm
  /// The most bytes of text to read; the document that reaches this limit is cut there.
  let maximumByteCount: Int?
  /// Called whenever all of the text has been read.
  public var whenRead: (@Sendable (ReadingSummary) -> Void)?

  /// The documents of `inputs`: files, directories and `-`.
  ///
  /// - Throws: `FileError` if one is missing, ``InputError`` for a directory without text and for an
  ///   input that adds no file.
  public init(
    inputs: [FilePath], form: TextForm = TextForm(), maximumByteCount: Int? = nil
  ) throws {
    let collector = try InputCollector(inputs, form)
    (files, passedOver) = (collector.texts, collector.passedOver)
    self.form = form
    self.maximumByteCount = maximumByteCount
  }

  /// The documents of `inputs`: files, directories and `-`.
  ///
  /// - Throws: `FileError` if one is missing, ``InputError`` for a directory without text and for an
  ///   input that adds no file.
  public init(
    inputs: [String], form: TextForm = TextForm(), maximumByteCount: Int? = nil
  ) throws {
    try self.init(
      inputs: inputs.map { FilePath($0) }, form: form, maximumByteCount: maximumByteCount)
  }

  /// The documents of all files but those of `other`, whatever path leads there.
  ///
  /// - Throws: ``InputError/noTextFiles(_:)`` if no file is left.
  package func excluding(_ other: DocumentSource?) throws(InputError) -> DocumentSource {
    guard let other else { return self }
    var rest = self
    rest.files.removeAll { file in
      other.files.contains { FileSystem.isSame(file.path, $0.path) }
    }
    if rest.files.isEmpty, let first = files.first { throw .noTextFiles(first.path) }
    return rest
  }

  /// The endings of the files that are read from directories, in any case of letters.
  public static var fileEndings: String {
    InputFile.textExtensions.map { ".\($0.name)" }.joined(separator: ", ")
      + ", also with .gz or .zst after it"
  }

  /// The size of all files on disk; `nil` if one has no known size, as standard input.
  public var byteCount: Int? { files.byteCount }

  /// A lower bound of the number of documents: the number of files that are not empty; `nil` if a
  /// byte limit may end reading before them.
  var leastDocumentCount: Int? {
    maximumByteCount == nil ? files.count { $0.byteCount ?? 0 > 0 } : nil
  }

  /// Calls `body` with all pieces of all documents, in order.
  ///
  /// If one of several files holds no text, those behind it are looked through, so that all of them
  /// are named at once.
  ///
  /// - Parameters:
  ///   - tokenizer: what encodes the pieces, which then have the tokens of the whole document; `nil`
  ///     for pieces that end between any two characters.
  ///   - body: called with each piece.
  /// - Throws: ``InputError`` if a file holds no text, `FileError` if reading fails, and the errors
  ///   of `body`.
  public func forEachChunk(
    for tokenizer: (any TextTokenizer)? = nil, _ body: (DocumentChunk) throws -> Void
  ) throws {
    var reader = DocumentReader(source: self, tokenizer: tokenizer)
    for (index, file) in files.enumerated() where !reader.isDone {
      do {
        try reader.read(file, body)
      } catch let error as InputError {
        let others = faults(in: files[(index + 1)...])
        throw others.isEmpty ? error : InputError.several([error] + others)
      }
    }
    whenRead?(reader.summary)
  }

  /// The bytes of each file, and of all, that are looked through after an error.
  private static let longestLook = (file: 1 << 24, all: 1 << 32)

  private struct Enough: Error {}

  /// The faults of `files` as far as a look shows them.
  private func faults(in files: ArraySlice<InputFile>) -> [InputError] {
    var faults: [InputError] = []
    var byteCount = 0
    for file in files where byteCount < Self.longestLook.all {
      var own = 0
      do {
        var reader = DocumentReader(source: self, tokenizer: nil)
        try reader.read(file) { chunk in
          own = chunk.readByteCount
          if own > Self.longestLook.file { throw Enough() }
        }
      } catch let error as InputError {
        faults.append(error)
      } catch {}
      byteCount += own
    }
    return faults
  }
}
