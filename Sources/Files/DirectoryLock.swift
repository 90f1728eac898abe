import Glibc
package import SystemPackage

/// The right of one process to change a directory; it ends with the process.
package final class DirectoryLock {
  private let descriptor: FileDescriptor

  /// Takes the lock of the directory at `path`, where `target`, by default the same, is written.
  ///
  /// - Throws: `FileError.cannotCreate` where another process holds it.
  package init(_ path: FilePath, for target: FilePath? = nil) throws(FileError) {
    do {
      descriptor = try FileDescriptor.open(path, .readOnly)
    } catch {
      throw FileSystem.openError(path, error as? Errno ?? .ioError)
    }
    // The descriptor is set, so that a failure below closes it, by `deinit`.
    guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
      let reason = Errno(rawValue: errno)
      throw FileError.cannotCreate(
        target ?? path,
        reason: reason == .wouldBlock
          ? "another program is writing it" : "it cannot be locked: \(reason)")
    }
  }

  deinit {
    try? descriptor.close()
  }
}
