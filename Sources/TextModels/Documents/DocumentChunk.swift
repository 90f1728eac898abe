public import SystemPackage

/// A piece of a document.
///
/// Documents are cut where ``TextCutter`` says, so that the tokens of the pieces are those of the
/// whole, with the exception named there.
public struct DocumentChunk: Sendable {
  /// The file that the document is from; `-` for standard input.
  public let path: FilePath
  /// The number of the document, counted from 0 over all files.
  public let document: Int
  /// UTF-8 text; empty only where the document is.
  public internal(set) var bytes: [UInt8]
  /// Whether the document begins with this piece.
  public let isFirst: Bool
  /// Whether the document ends with this piece.
  public internal(set) var isLast: Bool
  /// Bytes of the input files, as they are on disk, that were read so far.
  public let readByteCount: Int
}
