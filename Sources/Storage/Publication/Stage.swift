package import SystemPackage

/// The hidden place `.NAME.suffix` beside a path for what is to appear there when it is complete.
///
/// A reader of the path sees the old thing or the new one, never a part. What a killed process
/// leaves in the hidden place is known by its name.
package struct Stage: Hashable, Sendable {
  /// The path at which it is to appear.
  package let target: FilePath
  /// Where it is written.
  package let path: FilePath

  /// The endings of hidden names.
  package enum Suffix: String, Sendable {
    /// A file or checkpoint that is being written.
    case unfinished = "tmp"
    /// A directory that is being written and locked.
    case partial
    /// A directory that made room for another.
    case old
    /// A second name of a file, which is never written to.
    case link
  }

  package init(for target: FilePath, _ suffix: Suffix = .unfinished) {
    self.target = target
    let name = target.lastComponent?.string ?? "data"
    path = target.parent.appending(".\(name).\(suffix.rawValue)")
  }

  /// Whether `name` is the hidden one of something unfinished whose name begins with `prefix`.
  package static func isName(_ name: String, ofPrefix prefix: String) -> Bool {
    name.hasPrefix(".\(prefix)") && name.hasSuffix(".\(Suffix.unfinished.rawValue)")
  }

  /// Lets `write` write to the hidden place, and gives what is there its name; after an error
  /// nothing is left there.
  ///
  /// - Parameters:
  ///   - makeRoom: moves away or removes what has the name, if both cannot change places.
  ///   - write: leaves what it writes durable.
  /// - Throws: `FileError`, what `write` throws.
  package func publish(
    makingRoom makeRoom: () throws(FileError) -> Void = {}, _ write: () throws -> Void
  ) throws {
    do {
      try write()
      try putInPlace(makingRoom: makeRoom)
    } catch {
      try? FileSystem.remove(path)
      throw error
    }
  }

  /// Gives what was written its name in one step.
  ///
  /// A directory changes places with what had the name, or `makeRoom` is called if the file system
  /// has no such step.
  package func putInPlace(
    makingRoom makeRoom: () throws(FileError) -> Void = {}
  ) throws(FileError) {
    if FileSystem.kind(of: path) == .directory, FileSystem.kind(of: target) != nil {
      if try FileSystem.exchange(path, target) { return }
      try makeRoom()
    }
    try FileSystem.rename(path, to: target)
  }
}
