import ArgumentParser
import Storage
import SystemPackage
import TextModels

/// A file for an image or a page that this program draws.
struct PictureFile {
  /// The kinds of picture.
  enum Kind: String {
    case image = "<svg data-generator=\"crate-lm\""
    case page = "<!DOCTYPE html>\n<html data-generator=\"crate-lm\""

    /// How the names of such files end, the usual ending first.
    fileprivate var endings: [String] {
      switch self {
      case .image: [".svg"]
      case .page: [".html", ".htm"]
      }
    }

    /// The kind of the file at `path`, by its ending.
    static func of(_ path: String, among kinds: [Kind]) -> Kind? {
      kinds.first { $0.endings.contains(where: path.lowercased().hasSuffix) }
    }
  }

  /// Refuses a `path`, the value of `option`, that does not end as a file of one of `kinds`.
  ///
  /// - Throws: `ValidationError`.
  static func requireEnding(_ option: String, _ path: String?, of kinds: [Kind]) throws {
    guard let path, Kind.of(path, among: kinds) == nil,
      FileSystem.kind(of: RawBytes.path(path)) != .directory
    else { return }
    let endings = kinds.map { $0.endings[0] }.joined(separator: " or ")
    throw ValidationError("\(option) is \(path); expected a name that ends in \(endings).")
  }

  private let path: FilePath

  /// The file at `path`, which may be an earlier picture: nobody else's file is replaced.
  ///
  /// - Throws: `FileError.cannotCreate` if something else is there; `FileError`.
  init(_ path: String, _ kind: Kind) throws {
    self.path = RawBytes.path(path)
    switch FileSystem.kind(of: self.path) {
    case nil: return
    case .file?:
      let start = try FileReader(self.path).next(kind.rawValue.utf8.count)
      if start.elementsEqual(kind.rawValue.utf8) { return }
    default: break
    }
    throw FileError.cannotCreate(
      self.path, reason: "something that this program did not draw is there; choose another path")
  }

  /// Writes `drawing` at once and tells the user.
  ///
  /// - Throws: `FileError`.
  func write(_ drawing: Drawing, note: (String) -> Void) throws {
    try write(drawing.svg)
    note("Drawn into \(path).")
  }

  /// Writes the picture at once.
  ///
  /// - Throws: `FileError`.
  func write(_ content: String) throws {
    try FileContents.write(Array(content.utf8), to: path)
  }
}
