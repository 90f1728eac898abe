import Glibc
package import SystemPackage

/// The right of one process to change a directory; it ends with the process.
public final class DirectoryLock {
  private let descriptor: FileDescriptor

  private static let isHeld = "another program is writing it"

  /// Takes the lock of the directory at `path`, where `target`, by default the same, is written.
  ///
  /// - Throws: `FileError.cannotCreate` where another process holds it.
  package init(_ path: FilePath, for target: FilePath? = nil) throws(FileError) {
    do {
      descriptor = try FileDescriptor.open(path, .readOnly, options: .directory)
    } catch {
      throw FileSystem.creationError(path, error as? Errno ?? .ioError)
    }
    // The descriptor is set, so that a failure below closes it, by `deinit`.
    guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
      let reason = Errno(rawValue: errno)
      throw FileError.cannotCreate(
        target ?? path,
        reason: reason == .wouldBlock
          ? Self.isHeld : "it cannot be locked: \(reason)")
    }
    // What was at `path` may have been removed, and another directory made, before it was locked.
    guard FileSystem.isOpen(descriptor, as: path) else {
      throw FileError.cannotCreate(target ?? path, reason: Self.isHeld)
    }
  }

  deinit {
    try? descriptor.close()
  }
}
