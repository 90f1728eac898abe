public import Storage
public import SystemPackage

/// A text input that cannot be used.
public enum InputError: Error, Equatable, CustomStringConvertible {
  /// The directory holds no file that is read as text.
  case noTextFiles(FilePath)
  /// The text is not UTF-8: its byte at `offset` belongs to no character.
  case notUTF8(FilePath, offset: Int)
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

  /// One sentence: the path, what was expected, what was found, what to do.
  public var description: String {
    switch self {
    case .noTextFiles(let path):
      "\(path) holds no text: expected files that end in "
        + "\(InputFile.textExtensions.map { ".\($0)" }.joined(separator: ", ")), or in one of these "
        + "and .gz or .zst."
    case .notUTF8(let path, let offset):
      "\(path) is not UTF-8 text: byte \(offset) belongs to no character; convert it with iconv."
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
}
