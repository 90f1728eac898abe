import Storage
import SystemPackage
import TextModels

/// An image or a page that this program drew.
struct Picture {
  private let content: String

  /// The bytes at the start of a drawn file that tell it from others.
  private static let markLength = 64

  init(_ content: String) { self.content = content }

  /// Writes the picture at once; an earlier one is replaced.
  ///
  /// - Throws: `FileError.cannotCreate` if another file is there; `FileError`.
  func write(to path: FilePath) throws {
    if FileSystem.kind(of: path) != nil {
      let start = try FileReader(path).next(Self.markLength)
      guard start.elementsEqual(content.utf8.prefix(Self.markLength)) else {
        throw FileError.cannotCreate(
          path, reason: "a file that is not a picture of this program is there; choose another path"
        )
      }
    }
    try FileContents.write(Array(content.utf8), to: path)
  }
}
