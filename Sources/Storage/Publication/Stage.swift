package import SystemPackage

/// The hidden path `.NAME.suffix` beside a target: output is written there and renamed to the
/// target when it is complete.
///
/// A reader of the target sees the old output or the new one, never a part. The hidden name marks
/// the leftovers of a killed process.
package struct Stage: Hashable, Sendable {
  /// The final path of the output.
  package let target: FilePath
  /// The hidden path at which it is written.
  package let path: FilePath

  /// The endings of hidden names.
  package enum Suffix: String, Sendable {
    /// A file or checkpoint that is being written.
    case unfinished = "tmp"
    /// A directory that is being written, and its lock.
    case partial
    /// A directory that makes room for another.
    case old
    /// A second name of a file, never written to.
    case link
  }

  package init(for target: FilePath, _ suffix: Suffix = .unfinished) {
    self.target = target
    let name = target.lastComponent?.string ?? "data"
    path = target.parent.appending(".\(name).\(suffix.rawValue)")
  }

  /// Whether `name` is the hidden name of unfinished output with a name that begins with `prefix`.
  package static func isName(_ name: String, ofPrefix prefix: String) -> Bool {
    name.hasPrefix(".\(prefix)") && name.hasSuffix(".\(Suffix.unfinished.rawValue)")
  }

  /// Runs `write`, which writes to the hidden path, then gives the output its name; removes it
  /// after an error.
  ///
  /// - Parameters:
  ///   - makeRoom: moves or removes the old output if names cannot be swapped.
  ///   - write: writes the output durably.
  /// - Throws: `FileError`, the errors of `write`.
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

  /// Gives the output its name, atomically.
  ///
  /// A directory swaps names with the old output. If the file system cannot do that, `makeRoom` is
  /// called first.
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
