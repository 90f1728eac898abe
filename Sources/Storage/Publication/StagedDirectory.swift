package import SystemPackage

/// A directory that comes into being whole: written beside its place, put there when done.
///
/// What a killed program leaves behind carries the name `.NAME.partial`; the next one to write to
/// the same place removes it. A directory to be replaced changes places with it in one step. Where
/// the file system has no such step it waits as `.NAME.old` for the moment between two renames, and
/// the next writer puts it back should a program be killed just there. A lock keeps two programs
/// from writing to one place at once.
package final class StagedDirectory {
  /// Where to write the files.
  package var path: FilePath { stage.path }
  private let stage: Stage
  private let old: Stage
  private let lock: DirectoryLock
  private var isPublished = false

  /// - Parameters:
  ///   - target: the directory to make; an empty one may exist.
  ///   - replacing: whether a directory with these names may be replaced; asked if there are any,
  ///     when no other program can put others there.
  /// - Throws: `FileError` where the place is taken or cannot be written.
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

  /// Where the directory itself is to lie: what a link leads to, if anything.
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

  /// Makes all files durable in their place.
  package func publish() throws(FileError) {
    let target = stage.target
    try FileSystem.synchronizeDirectory(path)
    // Who writes there next finds the place taken until the old directory is gone.
    let oldLock = FileSystem.kind(of: target) == nil ? nil : try DirectoryLock(target)
    defer { withExtendedLifetime(oldLock) {} }
    if oldLock != nil { try FileSystem.remove(old.path) }
    try stage.putInPlace { () throws(FileError) in try FileSystem.rename(target, to: old.path) }
    isPublished = true
    try FileSystem.synchronizeDirectory(target.parent)
    for replaced in [path, old.path] where oldLock != nil { try FileSystem.remove(replaced) }
  }
}
