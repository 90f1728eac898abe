import Storage
package import SystemPackage

/// One file of text, or standard input.
package struct InputFile: Equatable, Sendable {
  /// The argument that stands for standard input.
  package static let standardInput: FilePath = "-"
  /// The extensions of the files that are read from a directory, with the arrangement that each
  /// tells; that of `.json` is told by its content.
  static let textExtensions: [(name: String, layout: TextForm.Layout?)] = [
    ("txt", .text), ("text", .text), ("md", .text), ("jsonl", .jsonl), ("ndjson", .jsonl),
    ("json", nil),
  ]

  package let path: FilePath
  /// The arrangement that the name tells; `nil` if it tells none.
  package let layout: TextForm.Layout?
  package let compression: Compression?
  /// The size on disk; `nil` if it is unknown before the end.
  package let byteCount: Int?

  /// The file at `path`; `-` is standard input.
  init(_ path: FilePath) throws(FileError) {
    self.path = path
    compression = Self.compression(of: path)
    let ending = Self.textExtension(of: path)
    layout = Self.textExtensions.first { $0.name == ending }?.layout
    let isFile = path != Self.standardInput && FileSystem.kind(of: path) == .file
    byteCount = isFile ? try FileSystem.byteCount(of: path) : nil
  }

  /// Whether the name is that of a file of JSON, which is no plain text.
  var isNamedJSON: Bool { Self.textExtension(of: path) == "json" }

  /// Whether a file of this name is read from a directory.
  static func isText(_ path: FilePath) -> Bool {
    let ending = textExtension(of: path)
    return textExtensions.contains { $0.name == ending }
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
