import Glibc
package import SystemPackage

/// The exclusive right of a process to change a directory; it ends with the process.
public final class DirectoryLock {
  private let descriptor: FileDescriptor

  private static let isHeld = "another program is writing it"

  /// Locks the directory at `path`; errors name `target`, by default the same path.
  ///
  /// - Throws: `FileError.cannotCreate` if another process holds the lock.
  package init(_ path: FilePath, for target: FilePath? = nil) throws(FileError) {
    do {
      descriptor = try FileDescriptor.open(path, .readOnly, options: .directory)
    } catch {
      throw FileSystem.creationError(path, error as? Errno ?? .ioError)
    }
    // `descriptor` is set, so `deinit` closes it after a failure below.
    guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
      let reason = Errno(rawValue: errno)
      throw FileError.cannotCreate(
        target ?? path,
        reason: reason == .wouldBlock
          ? Self.isHeld : "it cannot be locked: \(reason)")
    }
    // Before the lock, the directory may have been removed and another one made at `path`.
    guard FileSystem.isOpen(descriptor, as: path) else {
      throw FileError.cannotCreate(target ?? path, reason: Self.isHeld)
    }
  }

  deinit {
    try? descriptor.close()
  }
}
