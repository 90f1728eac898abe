public import Storage
public import SystemPackage

/// A text input that cannot be used.
public enum InputError: Error, Equatable, CustomStringConvertible {
  /// The directory holds no file that is read as text.
  case noTextFiles(FilePath)
  /// The text is not UTF-8: its byte at `offset`, in `line`, belongs to no character.
  case notUTF8(FilePath, line: Int, offset: Int, likely: LikelyEncoding)
  /// A line of a `.jsonl` file holds no document.
  case malformedLine(FilePath, line: Int, reason: String)
  /// The files hold no example of a task.
  case noExamples([String], expected: String)
  /// A whole number that is not an id of the vocabulary.
  case unknownID(String, vocabularySize: Int)
  /// The file does not match its checksum.
  case damaged(Damage)
  /// The compressed file is cut off, damaged or of another kind.
  case notExpandable(FilePath, reason: String)

  /// Several files that cannot be used.
  indirect case several([InputError])

  /// What a text that is not UTF-8 probably is, by its name for iconv.
  public enum LikelyEncoding: String, Sendable {
    /// It begins with a mark of UTF-16.
    case utf16 = "UTF-16"
    /// Most other texts in European languages.
    case latin1 = "LATIN1"
  }

  /// One sentence: the path, what was expected, what was found, what to do.
  public var description: String {
    switch self {
    case .noTextFiles(let path):
      "\(path) holds no text: expected files that end in \(DocumentSource.fileEndings)."
    case .notUTF8(let path, let line, let offset, let likely):
      "\(path), line \(line), is not UTF-8 text: byte \(offset) belongs to no character; "
        + (likely == .utf16 ? "it is UTF-16, " : "if it is Latin-1, ")
        + Self.conversion(of: path, from: likely)
    case .several(let errors):
      "\(errors.count) files cannot be read as text: "
        + errors.map(\.description).joined(separator: " ")
    case .malformedLine(let path, let line, let reason):
      "\(path), line \(line): \(reason)."
    case .noExamples(let paths, let expected):
      "\(paths.joined(separator: ", ")): expected lines with \(expected), found none."
    case .unknownID(let id, let size):
      "There is no token with the id \(id); the vocabulary ends at \(size - 1)."
    case .damaged(let damage):
      "\(damage); make it anew, or remove SHA256SUMS to use it as it is."
    case .notExpandable(let path, let reason):
      "\(path) could not be expanded: \(reason)."
    }
  }

  /// The command that replaces the file at `path` by its text in UTF-8, in a clause.
  private static func conversion(of path: FilePath, from encoding: LikelyEncoding) -> String {
    let command = "iconv -f \(encoding.rawValue) -t UTF-8"
    let isPlainFile =
      (try? InputFile(path))?.byteCount != nil && InputFile.compression(of: path) == nil
    guard isPlainFile else { return "convert its text with \(command)." }
    let (source, target) = (path.string.shellWord, "\(path).utf8".shellWord)
    return "convert it: \(command) \(source) > \(target) && mv \(target) \(source)"
  }
}
