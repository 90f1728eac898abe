import Glibc
package import SystemPackage

/// A file open for writing; its errors name it.
package final class OutputFile {
  private let path: FilePath
  private let descriptor: FileDescriptor
  private var isOpen = true

  private init(_ path: FilePath, _ options: FileDescriptor.OpenOptions) throws(FileError) {
    self.path = path
    do {
      descriptor = try FileDescriptor.open(
        path, .writeOnly, options: options,
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw FileSystem.creationError(path, error as? Errno ?? .ioError)
    }
  }

  /// Creates the file at `path`, or empties an existing one.
  package convenience init(creating path: FilePath) throws(FileError) {
    try self.init(path, [.create, .truncate])
  }

  /// Opens the file at `path` to append, or creates it.
  package convenience init(extending path: FilePath) throws(FileError) {
    try self.init(path, [.create, .append])
  }

  /// Creates the file at `path` for this process alone, or empties an existing one.
  ///
  /// - Throws: `FileError.inUse` if another process is writing it.
  package convenience init(reserving path: FilePath) throws(FileError) {
    try self.init(path, [.create])
    guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0,
      FileSystem.isOpen(descriptor, as: path)
    else {
      throw .inUse(path, process: nil)
    }
    try truncate(to: 0)
  }

  deinit {
    if isOpen { try? descriptor.close() }
  }

  /// Writes all of `bytes`.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try naming { _ = try unsafe descriptor.writeAll(bytes) }
  }

  /// Writes all of `bytes`.
  package func write(_ bytes: [UInt8]) throws(FileError) {
    try naming { _ = try descriptor.writeAll(bytes) }
  }

  /// Writes all of `bytes` from the offset `place` on; bytes that nobody writes are zero.
  package func write(_ bytes: UnsafeRawBufferPointer, at place: Int) throws(FileError) {
    try naming {
      _ = try unsafe descriptor.writeAll(toAbsoluteOffset: Int64(place), bytes)
    }
  }

  /// Cuts the file to its first `byteCount` bytes.
  package func truncate(to byteCount: Int) throws(FileError) {
    try naming {
      guard ftruncate(descriptor.rawValue, byteCount) == 0 else { throw Errno(rawValue: errno) }
    }
  }

  /// Makes the written bytes durable.
  package func synchronize() throws(FileError) {
    try naming { try descriptor.synchronize() }
  }

  /// Closes the file.
  package func close() throws(FileError) {
    isOpen = false
    try naming { try descriptor.close() }
  }

  private func naming(_ body: () throws -> Void) throws(FileError) {
    do {
      try body()
    } catch {
      throw .writeFailed(path, error as? Errno ?? .ioError)
    }
  }
}
