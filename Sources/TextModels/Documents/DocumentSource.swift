/// The documents of text files, read piece by piece in bounded memory.
///
/// A plain text file is a document; so is the text field of every line of a `.jsonl` file. Both may
/// be compressed (`.gz`, `.zst`). A byte order mark at the start of a file is no part of the text.
public struct DocumentSource: Sendable {
  /// A piece of a document has about this many bytes, unless no good place to cut is found.
  static let chunkByteCount = 1 << 18
  /// Beyond this many bytes without a good place to cut, a text is cut between any two characters.
  static let longestChunkByteCount = 1 << 24
  /// The longest line of a `.jsonl` file.
  static let longestLineByteCount = 1 << 28

  /// The files, in the order in which they are read.
  package let files: [InputFile]
  /// The member of a line's object that is the document.
  let textField: String
  /// How many bytes of text to read at most; the document at which they end is cut there.
  let maximumByteCount: Int?

  /// The documents of `inputs`: files, directories and `-`.
  ///
  /// - Throws: `FileError` where one is missing, ``InputError`` for a directory without text.
  public init(inputs: [String], textField: String = "text", maximumByteCount: Int? = nil) throws {
    files = try InputFile.files(of: inputs)
    self.textField = textField
    self.maximumByteCount = maximumByteCount
  }

  /// The size of all files on disk; `nil` where it is not known before the end.
  public var byteCount: Int? { files.byteCount }

  /// A lower bound of the number of documents: every file that is not empty holds at least one,
  /// unless reading ends before it; `nil` if nothing is known.
  var leastDocumentCount: Int? {
    maximumByteCount == nil ? files.count { $0.byteCount ?? 0 > 0 } : nil
  }

  /// Calls `body` with all pieces of all documents, in order.
  ///
  /// - Throws: ``InputError`` where a file holds no text, `FileError` where reading failed, and
  ///   what `body` throws.
  public func forEachChunk(_ body: (DocumentChunk) throws -> Void) throws {
    var reader = DocumentReader(source: self)
    for file in files where !reader.isDone { try reader.read(file, body) }
  }
}
