import Files
import SystemPackage

/// A directory that comes into being whole: written beside its place, renamed into it when done.
///
/// What a killed program leaves behind carries the name `.NAME.partial`; the next one to write to
/// the same place removes it. A directory to be replaced waits as `.NAME.old` for the moment
/// between two renames; the next writer puts it back should a program be killed just there. A lock
/// keeps two programs from writing to one place at once.
final class StagedDirectory {
  /// Where to write the files.
  let path: FilePath
  private let target: FilePath
  private let lock: DirectoryLock
  private var isPublished = false

  /// - Parameters:
  ///   - target: the directory to make; an empty one may exist.
  ///   - replacing: whether a directory with these names may be replaced; asked if there are any.
  /// - Throws: `FileError` where the place is taken or cannot be written.
  init(for target: FilePath, replacing: ([String]) throws(FileError) -> Void) throws {
    self.target = target
    let old = target.sibling("old")
    if FileSystem.kind(of: target) == nil, FileSystem.kind(of: old) != nil {
      try FileSystem.rename(old, to: target)
    }
    switch FileSystem.kind(of: target) {
    case nil: break
    case .directory:
      let names = try FileSystem.names(in: target)
      if !names.isEmpty { try replacing(names) }
    default: throw FileError.wrongKind(target, expected: "a directory")
    }
    try FileSystem.createDirectory(target.parent)
    path = target.sibling("partial")
    try FileSystem.createDirectory(path)
    lock = try DirectoryLock(path, for: target)
    for name in try FileSystem.names(in: path) { try FileSystem.remove(path.appending(name)) }
  }

  deinit {
    if !isPublished { try? FileSystem.remove(path) }
  }

  /// Makes all files durable in their place.
  func publish() throws(FileError) {
    try FileSystem.synchronizeDirectory(path)
    let old = target.sibling("old")
    if FileSystem.kind(of: target) != nil {
      try FileSystem.remove(old)
      try FileSystem.rename(target, to: old)
    }
    try FileSystem.rename(path, to: target)
    isPublished = true
    try FileSystem.synchronizeDirectory(target.parent)
    try FileSystem.remove(old)
  }
}

extension FilePath {
  /// The directory that holds this path.
  fileprivate var parent: FilePath {
    let parent = removingLastComponent()
    return parent.isEmpty ? "." : parent
  }

  /// The hidden path beside this one whose name ends with `suffix`.
  fileprivate func sibling(_ suffix: String) -> FilePath {
    parent.appending(".\(lastComponent?.string ?? "data").\(suffix)")
  }
}
