package import SystemPackage

/// A directory that appears only when it is complete: written under a hidden name, then renamed.
///
/// A killed program leaves `.NAME.partial` behind; the next writer removes it. A directory to be
/// replaced swaps names with the new one atomically. If the file system cannot do that, it is
/// called `.NAME.old` between two renames, and the next writer restores it if a program was killed
/// in between. A lock keeps two programs from writing the same directory at once.
package final class StagedDirectory {
  /// The directory to write the files to.
  package var path: FilePath { stage.path }
  private let stage: Stage
  private let old: Stage
  private let lock: DirectoryLock
  private var isPublished = false

  /// - Parameters:
  ///   - target: the directory to make; an empty one may exist.
  ///   - replacing: throws if a directory with these names must not be replaced; called under the
  ///     lock, if there are any names.
  /// - Throws: `FileError` if the target is in use or cannot be written; the errors of `replacing`.
  package init(for target: FilePath, replacing: ([String]) throws(FileError) -> Void) throws {
    let place = try Self.place(target)
    stage = Stage(for: place, .partial)
    old = Stage(for: place, .old)
    try FileSystem.createDirectory(stage.path)
    lock = try DirectoryLock(stage.path, for: target)
    if FileSystem.kind(of: place) == nil, FileSystem.kind(of: old.path) != nil {
      try old.putInPlace()
    }
    if FileSystem.kind(of: place) == .directory {
      let names = try FileSystem.names(in: place)
      if !names.isEmpty { try replacing(names) }
    }
    for name in try FileSystem.names(in: path) { try FileSystem.remove(path.appending(name)) }
  }

  deinit {
    if !isPublished { try? FileSystem.remove(path) }
  }

  /// The final path of the directory: for a link, its destination.
  private static func place(_ target: FilePath) throws(FileError) -> FilePath {
    switch FileSystem.kind(of: target) {
    case nil where FileSystem.isLink(target):
      throw .cannotCreate(target, reason: "it is a link to nothing")
    case nil: return target
    case .directory: break
    default: throw .wrongKind(target, expected: "a directory")
    }
    let place = try FileSystem.canonical(target)
    guard try place != FileSystem.canonical("."), place.lastComponent != nil else {
      throw .cannotCreate(target, reason: "it is in use; name a directory within it")
    }
    return place
  }

  /// Gives the directory its name and makes it durable.
  package func publish() throws(FileError) {
    let target = stage.target
    try FileSystem.synchronizeDirectory(path)
    // The next writer finds the target locked until the old directory is gone.
    let oldLock = FileSystem.kind(of: target) == nil ? nil : try DirectoryLock(target)
    defer { withExtendedLifetime(oldLock) {} }
    if oldLock != nil { try FileSystem.remove(old.path) }
    try stage.putInPlace { () throws(FileError) in try FileSystem.rename(target, to: old.path) }
    isPublished = true
    try FileSystem.synchronizeDirectory(target.parent)
    for replaced in [path, old.path] where oldLock != nil { try FileSystem.remove(replaced) }
  }
}
