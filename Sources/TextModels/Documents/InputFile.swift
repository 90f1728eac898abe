import Storage
package import SystemPackage

/// One file of text, or standard input.
package struct InputFile: Equatable, Sendable {
  /// The arrangement of documents in a file.
  package enum Layout: Sendable {
    /// The whole file is one document.
    case plain
    /// Every line is a JSON object with a document in one of its fields.
    case lines
  }

  /// A form of compression, by its file extension.
  package enum Compression: String, Sendable {
    case gzip = "gz"
    case zstd = "zst"
  }

  /// The extensions of the files that are read from a directory.
  static let textExtensions = ["txt", "text", "md", "jsonl"]
  /// The argument that stands for standard input.
  package static let standardInput: FilePath = "-"

  package let path: FilePath
  package let layout: Layout
  package let compression: Compression?
  /// The size on disk; `nil` if it is unknown before the end.
  package let byteCount: Int?

  /// The file at `path`; `-` is standard input, read as plain text.
  init(_ path: FilePath) throws(FileError) {
    self.path = path
    compression = Self.compression(of: path)
    layout = Self.textExtension(of: path) == "jsonl" ? .lines : .plain
    let isFile = path != Self.standardInput && FileSystem.kind(of: path) == .file
    byteCount = isFile ? try FileSystem.byteCount(of: path) : nil
  }

  /// The files that `inputs` name: files, `-`, and the text files in directories and all their
  /// subdirectories, in byte order of their names, without hidden ones; and the other files there.
  ///
  /// - Throws: `FileError` if one is missing, ``InputError`` for a directory without text.
  static func files(
    of inputs: [String]
  ) throws -> (texts: [InputFile], passedOver: [FilePath]) {
    var (texts, passedOver): ([InputFile], [FilePath]) = ([], [])
    for path in inputs.map({ FilePath($0) }) {
      guard path != standardInput, let kind = FileSystem.kind(of: path) else {
        guard path == standardInput else { throw FileError.missing(path) }
        texts.append(try InputFile(path))
        continue
      }
      let count = texts.count
      if kind == .directory {
        try collect(path, into: &texts, &passedOver)
      } else {
        texts.append(try InputFile(path))
      }
      guard texts.count > count else { throw InputError.noTextFiles(path) }
    }
    return (texts, passedOver)
  }

  private static func collect(
    _ directory: FilePath, into texts: inout [InputFile], _ passedOver: inout [FilePath]
  ) throws(FileError) {
    for name in try FileSystem.names(in: directory) where !name.hasPrefix(".") {
      let path = directory.appending(name)
      switch FileSystem.kind(of: path) {
      // Links to directories are not followed, so that none is read twice or without end.
      case .directory where !FileSystem.isLink(path): try collect(path, into: &texts, &passedOver)
      case .file where textExtensions.contains(textExtension(of: path) ?? ""):
        texts.append(try InputFile(path))
      case .file: passedOver.append(path)
      default: break
      }
    }
  }

  /// The compression that the extension of `path` tells.
  static func compression(of path: FilePath) -> Compression? {
    (path.extension?.lowercased()).flatMap(Compression.init(rawValue:))
  }

  /// The extension of `path` in lower case, without the extension of its compression.
  private static func textExtension(of path: FilePath) -> String? {
    let last = path.extension?.lowercased()
    guard let last, Compression(rawValue: last) != nil else { return last }
    return path.stem.flatMap { FilePath($0).extension?.lowercased() }
  }
}

extension [InputFile] {
  /// The size of all files on disk; `nil` if one is unknown before the end.
  var byteCount: Int? {
    let sizes = compactMap(\.byteCount)
    return sizes.count == count ? sizes.reduce(0, +) : nil
  }
}
