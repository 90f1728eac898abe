package import CRATELM
public import SystemPackage

/// A piece of a document, cut as ``DocumentSource/forEachChunk(for:_:)`` says.
public struct DocumentChunk: Sendable {
  /// The file of the document; `-` for standard input.
  public let path: FilePath
  /// The index of the document, counted from 0 over all files.
  public let document: Int
  /// UTF-8 text; empty only if the document is.
  public internal(set) var bytes: [UInt8]
  /// Whether the document begins with this piece.
  public let isFirst: Bool
  /// Whether the document ends with this piece.
  public internal(set) var isLast: Bool
  /// The number of bytes of the input files on disk read so far.
  public let readByteCount: Int
  /// The split to which the document is to go; `nil` if that is chosen.
  package var split: Split?
}
