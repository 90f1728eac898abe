/// The documents of text files, read piece by piece in bounded memory.
///
/// A plain text file is a document; so is the text field of every line of a `.jsonl` file. Both may
/// be compressed (`.gz`, `.zst`). A byte order mark at the start of a file is not part of the text.
public struct DocumentSource: Sendable {
  /// The usual number of bytes of a piece of a document; it has more if no safe cut is found.
  static let chunkByteCount = 1 << 18
  /// The number of bytes after which a text without a safe cut is cut between any two characters.
  static let longestChunkByteCount = 1 << 24
  /// The most bytes of a line of a `.jsonl` file.
  static let longestLineByteCount = 1 << 28

  /// The files, in reading order.
  package let files: [InputFile]
  /// The name of the field of a `.jsonl` line that holds the document.
  let textField: String
  /// The most bytes of text to read; the document that reaches this limit is cut there.
  let maximumByteCount: Int?

  /// The documents of `inputs`: files, directories and `-`.
  ///
  /// - Throws: `FileError` if one is missing, ``InputError`` for a directory without text.
  public init(inputs: [String], textField: String = "text", maximumByteCount: Int? = nil) throws {
    files = try InputFile.files(of: inputs)
    self.textField = textField
    self.maximumByteCount = maximumByteCount
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
  /// - Throws: ``InputError`` if a file holds no text, `FileError` if reading fails, and the errors
  ///   of `body`.
  public func forEachChunk(_ body: (DocumentChunk) throws -> Void) throws {
    var reader = DocumentReader(source: self)
    for file in files where !reader.isDone { try reader.read(file, body) }
  }
}
