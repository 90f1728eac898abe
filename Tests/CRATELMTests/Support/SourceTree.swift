import Storage
import SystemPackage

/// The Swift files under `Sources`.
enum SourceTree {
  /// A file of Swift.
  struct Source {
    /// The path below `Sources`, such as `CRATELM/Kernels/LayerNorm.swift`.
    let path: String
    let lines: [Substring]
    /// The text without comments and the characters of literals.
    let code: SwiftCode

    init(path: String, text: [UInt8]) {
      self.path = path
      lines = String(decoding: text, as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false)
      code = SwiftCode(text)
    }

    /// The directories of the path: the module, and below it folders.
    var folders: [Substring] { Array(path.split(separator: "/").dropLast()) }

    /// The modules that the file imports.
    var imports: Set<String> {
      Set(code.lines.filter { $0.contains("import") }.compactMap(\.last?.text))
    }
  }

  static func sources() throws -> [Source] {
    let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
      .removingLastComponent().removingLastComponent().appending("Sources")
    func collect(_ path: FilePath, _ name: String) throws -> [Source] {
      guard FileSystem.kind(of: path) == .directory else {
        guard path.extension == "swift" else { return [] }
        return [Source(path: name, text: try FileContents.read(path))]
      }
      return try FileSystem.names(in: path).flatMap {
        try collect(path.appending($0), name.isEmpty ? $0 : "\(name)/\($0)")
      }
    }
    return try collect(root, "")
  }
}
