import Glibc
package import SystemPackage

/// The exclusive right of a process to change a directory; it ends with the process.
public final class DirectoryLock {
  private let descriptor: FileDescriptor

  /// Locks the directory at `path`; errors name `target`, by default the same path.
  ///
  /// - Throws: `FileError.inUse` if another process holds the lock.
  package init(_ path: FilePath, for target: FilePath? = nil) throws(FileError) {
    do {
      descriptor = try FileDescriptor.open(path, .readOnly, options: .directory)
    } catch {
      throw FileSystem.creationError(path, error as? Errno ?? .ioError)
    }
    // `descriptor` is set, so `deinit` closes it after a failure below.
    if let reason = Self.lock(descriptor) {
      guard reason == .wouldBlock else {
        throw .cannotCreate(target ?? path, reason: "it cannot be locked: \(reason)")
      }
      throw .inUse(target ?? path, process: Self.holder(of: descriptor))
    }
    // Before the lock, the directory may have been removed and another one made at `path`.
    guard FileSystem.isOpen(descriptor, as: path) else {
      throw .inUse(target ?? path, process: nil)
    }
  }

  /// Locks what is open as `descriptor`.
  ///
  /// A lock given up by its holder lasts until a process that it has just started runs its program,
  /// so it is asked for repeatedly for a moment; for longer if this process is the holder, which may
  /// be starting programs on a busy machine.
  ///
  /// - Returns: the reason of a failure; `nil` for success.
  private static func lock(_ descriptor: FileDescriptor) -> Errno? {
    for attempt in 0..<ownAttemptCount {
      if attempt > 0 { usleep(microsecondsBetweenAttempts) }
      if attempt == attemptCount, holder(of: descriptor) != Int(getpid()) { break }
      if flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 { return nil }
      let reason = Errno(rawValue: errno)
      if reason != .wouldBlock { return reason }
    }
    return .wouldBlock
  }

  private static let attemptCount = 20
  private static let ownAttemptCount = 300
  private static let microsecondsBetweenAttempts: UInt32 = 10_000

  /// The process that holds the lock of what is open as `descriptor`, if the system tells.
  private static func holder(of descriptor: FileDescriptor) -> Int? {
    var status = stat()
    guard unsafe fstat(descriptor.rawValue, &status) == 0,
      let table = try? FileContents.readStream("/proc/locks")
    else { return nil }
    // Each line: number, kind, ADVISORY, mode, process, MAJOR:MINOR:INODE, range.
    for line in table.split(separator: UInt8(ascii: "\n")) {
      let words = String(decoding: line, as: UTF8.self).split(separator: " ")
      guard words.count > 5, words[1] == "FLOCK", words[5].hasSuffix(":\(status.st_ino)"),
        let process = Int(words[4]), process > 0
      else { continue }
      return process
    }
    return nil
  }

  deinit {
    try? descriptor.close()
  }
}
