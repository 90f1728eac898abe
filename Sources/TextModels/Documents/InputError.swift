public import Storage
public import SystemPackage

/// A text input that cannot be used.
public enum InputError: Error, Equatable, CustomStringConvertible {
  /// The directory holds no file that is read as text.
  case noTextFiles(FilePath)
  /// The path is a link to nothing.
  case danglingLink(FilePath)
  /// All files of the input are read by other inputs.
  case repeated(FilePath)
  /// The file is no text.
  case notText(FilePath, ForeignContent)
  /// The file of JSON does not hold an object in each line.
  case notLines(FilePath)
  /// ICU knows no encoding of this name.
  case unknownEncoding(String)
  /// The text is not of its encoding in `line`.
  case notInEncoding(FilePath, line: Int, encoding: TextEncoding)
  /// The text has `limit` bytes in which no cut is known to leave its tokens alone.
  case withoutCut(FilePath, limit: Int)
  /// Bytes that are none of a gzip file follow its last whole member, which ends at `offset`.
  case trailingBytes(FilePath, offset: Int)
  /// A frame of a zstd file asks for a window of 2 to the power `log` bytes, more than are given.
  case longWindow(FilePath, log: Int)
  /// The text is not UTF-8: its byte at `offset`, in `line`, belongs to no character.
  case notUTF8(FilePath, line: Int, offset: Int, likely: LikelyEncoding)
  /// A line of a `.jsonl` file holds no document.
  case malformedLine(FilePath, line: Int, reason: String)
  /// The files hold no example of a task.
  case noExamples([FilePath], expected: String)
  /// A whole number that is not an id of the vocabulary.
  case unknownID(String, vocabularySize: Int)
  /// The file does not match its checksum.
  case damaged(Damage)
  /// The compressed file is cut off, damaged or of another kind.
  case notExpandable(FilePath, reason: String)

  /// Several files that cannot be used.
  indirect case several([InputError])

  /// One sentence: the path, what was expected, what was found, what to do.
  public var description: String {
    switch self {
    case .noTextFiles(let path):
      "\(path) holds no text: expected files that end in \(DocumentSource.fileEndings)."
    case .danglingLink(let path): "\(path) is a link to nothing."
    case .repeated(let path):
      "\(path) adds no text to the inputs before it, which have all its files; leave it out."
    case .notText(let path, let content):
      "\(path) is \(content), expected text; \(content.remedy), and give that."
    case .notLines(let path):
      "\(path) is no file of JSON lines: expected an object in each line; \(Self.linesRemedy(path))"
    case .unknownEncoding(let name):
      "There is no encoding '\(name)'; expected one that ICU knows, such as latin1, windows-1252, "
        + "utf-16, shift_jis or gb18030."
    case .notInEncoding(let path, let line, let encoding):
      "\(path), line \(line), is not \(encoding.name); give its encoding with --encoding, or leave "
        + "such lines out with --skip-invalid."
    case .withoutCut(let path, let limit):
      "\(path) has \(limit) bytes without a place where it can be cut for its reader, such as a "
        + "space; begin a new line now and then, or divide it into documents."
    case .trailingBytes(let path, let offset):
      "\(path) goes on behind its gzip data, which end at byte \(offset), with bytes that are none: "
        + "cut them off with head -c \(offset) \(path.string.shellWord)"
    case .longWindow(let path, let log):
      TextForm.zstdWindowLogs.contains(log)
        ? "\(path) needs a window of 2^\(log) bytes; give it that memory with --zstd-window \(log)."
        : "\(path) needs a window of 2^\(log) bytes, and zstd has at most "
          + "2^\(TextForm.zstdWindowLogs.upperBound)."
    case .notUTF8(let path, let line, let offset, let likely):
      "\(path), line \(line), is not UTF-8 text: byte \(offset) belongs to no character; "
        + likely.remedy(for: path)
    case .several(let errors):
      "\(errors.count) files cannot be read as text: "
        + errors.map(\.description).joined(separator: " ")
    case .malformedLine(let path, let line, let reason):
      "\(path), line \(line): \(reason)."
    case .noExamples(let paths, let expected):
      "\(paths.map(\.string).joined(separator: ", ")): expected lines with \(expected), found none."
    case .unknownID(let id, let size):
      "There is no token with the id \(id); the vocabulary ends at \(size - 1)."
    case .damaged(let damage):
      "\(damage); make it anew, or remove SHA256SUMS to use it as it is."
    case .notExpandable(let path, let reason):
      "\(path) could not be expanded: \(reason)."
    }
  }

  /// The command that makes JSON lines of the file at `path`, in a clause.
  private static func linesRemedy(_ path: FilePath) -> String {
    let target = ((path.stem ?? "text") + ".jsonl").shellWord
    let source = path.string.shellWord
    let command =
      switch InputFile.compression(of: path) {
      case nil: "jq -c '.[]' \(source)"
      case .gzip: "zcat \(source) | jq -c '.[]'"
      case .zstd: "zstdcat \(source) | jq -c '.[]'"
      }
    return "make them of an array with \(command) > \(target)"
  }
}
