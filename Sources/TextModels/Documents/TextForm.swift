/// How the bytes of inputs become documents.
public struct TextForm: Codable, Hashable, Sendable {
  /// The arrangement of documents in a file.
  public enum Layout: String, CaseIterable, Codable, Sendable {
    /// The whole file is one document.
    case text
    /// Every line is a JSON object with a document in one of its fields.
    case jsonl
  }

  /// What becomes of Windows' line ends, a carriage return and a line feed.
  public enum LineEnds: String, CaseIterable, Codable, Sendable {
    /// They stay as they are.
    case keep
    /// Each becomes a line feed.
    case lf
  }

  /// The arrangement in every file; `nil` if its name tells, or else its content.
  public var layout: Layout?
  /// The name of the field of a JSON line that holds the document.
  public var textField = "text"
  /// The encoding of the files; `nil` for UTF-8.
  public var encoding: TextEncoding?
  /// What becomes of Windows' line ends.
  public var lineEnds = LineEnds.keep
  /// Whether lines that hold no document, or that are not of the encoding, are left out.
  public var skipsInvalid = false
  /// The logarithm of the most bytes for the window of a zstd frame, 10 to 31.
  public var zstdWindowLog = usualZstdWindowLog

  /// The logarithm of the window that zstd itself reads without being asked: 128 MiB.
  public static let usualZstdWindowLog = 27
  /// The logarithms of windows that zstd can read.
  public static let zstdWindowLogs = 10...31

  /// UTF-8, by the names of files and their content.
  public init() {}

  /// The name of the encoding, for messages.
  var encodingName: String { encoding?.name ?? "UTF-8" }
}
