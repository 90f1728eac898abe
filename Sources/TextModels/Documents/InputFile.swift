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
    compression = path.extension.flatMap(Compression.init(rawValue:))
    layout = Self.textExtension(of: path) == "jsonl" ? .lines : .plain
    let isFile = path != Self.standardInput && FileSystem.kind(of: path) == .file
    byteCount = isFile ? try FileSystem.byteCount(of: path) : nil
  }

  /// The files that `inputs` name: files, `-`, and the text files in directories and all their
  /// subdirectories, in byte order of their names, without hidden ones.
  ///
  /// - Throws: `FileError` if one is missing, ``InputError`` for a directory without text.
  static func files(of inputs: [String]) throws -> [InputFile] {
    try inputs.flatMap { input in
      let path = FilePath(input)
      guard path != standardInput else { return [try InputFile(path)] }
      guard let kind = FileSystem.kind(of: path) else { throw FileError.missing(path) }
      guard kind == .directory else { return [try InputFile(path)] }
      let files = try textFiles(in: path)
      guard !files.isEmpty else { throw InputError.noTextFiles(path) }
      return files
    }
  }

  private static func textFiles(in directory: FilePath) throws(FileError) -> [InputFile] {
    var files: [InputFile] = []
    for name in try FileSystem.names(in: directory) where !name.hasPrefix(".") {
      let path = directory.appending(name)
      switch FileSystem.kind(of: path) {
      // Links to directories are not followed, so that none is read twice or without end.
      case .directory where !FileSystem.isLink(path): files += try textFiles(in: path)
      case .file where textExtensions.contains(textExtension(of: path) ?? ""):
        files.append(try InputFile(path))
      default: break
      }
    }
    return files
  }

  /// The extension of `path`, without the extension of its compression.
  private static func textExtension(of path: FilePath) -> String? {
    guard let last = path.extension, Compression(rawValue: last) != nil else {
      return path.extension
    }
    return path.stem.flatMap { FilePath($0).extension }
  }
}

extension [InputFile] {
  /// The size of all files on disk; `nil` if one is unknown before the end.
  var byteCount: Int? {
    let sizes = compactMap(\.byteCount)
    return sizes.count == count ? sizes.reduce(0, +) : nil
  }
}
