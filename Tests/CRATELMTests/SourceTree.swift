import Storage
import SystemPackage

/// The Swift files under `Sources`.
enum SourceTree {
  /// A file of Swift.
  struct Source {
    /// The path below `Sources`, such as `CRATELM/Kernels/LayerNorm.swift`.
    let path: String
    let lines: [Substring]
    /// The text without comments and literals; what a literal interpolates is missing too.
    let code: String

    init(path: String, text: [UInt8]) {
      self.path = path
      let text = String(decoding: text, as: UTF8.self)
      lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      code = text.replacing(#/\/\/.*|"""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*"/#) { _ in "" }
    }

    /// The directories of the path: the module, and below it folders.
    var folders: [Substring] { Array(path.split(separator: "/").dropLast()) }

    /// The modules that the file imports.
    var imports: Set<String> {
      Set(code.matches(of: #/(?m)^.*\bimport (\w+)/#).map { String($0.1) })
    }

    /// The types that other files may name: those on the outermost level which are not private.
    var visibleTypes: [String] {
      code.matches(of: #/(?m)^(\w.*)?\b(actor|class|enum|protocol|struct|typealias) ([A-Z]\w*)/#)
        .filter { $0.1?.contains("private") != true }.map { String($0.3) }
    }

    /// The types that the file declares on any level.
    var declaredTypes: Set<String> {
      Set(
        code.matches(of: #/(actor|associatedtype|class|enum|protocol|struct|typealias) ([A-Z]\w*)/#)
          .map { String($0.2) })
    }

    /// The names with a capital that are no members of others.
    var namedTypes: Set<String> {
      Set(code.matches(of: #/(^|[^.\w])([A-Z]\w*)/#).map { String($0.2) })
    }
  }

  static func sources() throws -> [Source] {
    let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
      .removingLastComponent().appending("Sources")
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
