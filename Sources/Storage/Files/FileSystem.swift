import CLinux
import Glibc
package import SystemPackage

/// The kind of object at a path.
package enum FileKind: Sendable {
  case file, directory, other
}

/// System calls on whole files and directories, with errors that name the path.
package enum FileSystem {
  /// The kind of object at `path`, links followed; `nil` if there is none or it cannot be known.
  package static func kind(of path: FilePath) -> FileKind? {
    var status = stat()
    guard unsafe path.withPlatformString({ unsafe stat($0, &status) }) == 0 else { return nil }
    return switch status.st_mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .directory
    default: .other
    }
  }

  /// Whether something exists at `path`, links followed.
  ///
  /// Unlike `kind(of:)` it throws if that cannot be found out, so call it before deleting.
  ///
  /// - Throws: `FileError.readFailed`.
  package static func exists(_ path: FilePath) throws(FileError) -> Bool {
    var status = stat()
    if unsafe path.withPlatformString({ unsafe stat($0, &status) }) == 0 { return true }
    let reason = Errno(rawValue: errno)
    guard reason == .noSuchFileOrDirectory || reason == .notDirectory else {
      throw .readFailed(path, reason)
    }
    return false
  }

  /// Whether `path` is a symbolic link, to anything or nothing.
  package static func isLink(_ path: FilePath) -> Bool {
    var status = stat()
    guard unsafe path.withPlatformString({ unsafe lstat($0, &status) }) == 0 else { return false }
    return status.st_mode & S_IFMT == S_IFLNK
  }

  /// The absolute path, without links, of the object at `path`.
  package static func canonical(_ path: FilePath) throws(FileError) -> FilePath {
    guard let name = unsafe path.withPlatformString({ unsafe realpath($0, nil) }) else {
      throw openError(path, Errno(rawValue: errno))
    }
    defer { unsafe free(name) }
    return unsafe FilePath(platformString: name)
  }

  /// The size of the file at `path` in bytes.
  package static func byteCount(of path: FilePath) throws(FileError) -> Int {
    var status = stat()
    guard unsafe path.withPlatformString({ unsafe stat($0, &status) }) == 0 else {
      throw openError(path, Errno(rawValue: errno))
    }
    return Int(status.st_size)
  }

  /// Opens the regular file at `path` for reading.
  ///
  /// - Throws: `FileError.wrongKind` for a pipe or a device, which may be endless.
  static func openFile(
    _ path: FilePath
  ) throws(FileError) -> (descriptor: FileDescriptor, byteCount: Int) {
    let descriptor: FileDescriptor
    do {
      // A pipe must not wait for a writer.
      descriptor = try FileDescriptor.open(path, .readOnly, options: .nonBlocking)
    } catch {
      throw openError(path, error as? Errno ?? .ioError)
    }
    var status = stat()
    guard unsafe fstat(descriptor.rawValue, &status) == 0 else {
      let reason = Errno(rawValue: errno)
      try? descriptor.close()
      throw .readFailed(path, reason)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      try? descriptor.close()
      throw .wrongKind(path, expected: "a regular file")
    }
    return (descriptor, Int(status.st_size))
  }

  /// The names in the directory at `path`, in byte order, without `.` and `..`.
  package static func names(in path: FilePath) throws(FileError) -> [String] {
    try entries(in: path).map(\.string)
  }

  /// The names in the directory at `path`, which need not be UTF-8, as ``names(in:)``.
  package static func entries(in path: FilePath) throws(FileError) -> [FilePath.Component] {
    guard let stream = unsafe path.withPlatformString({ unsafe opendir($0) }) else {
      throw openError(path, Errno(rawValue: errno))
    }
    defer { unsafe closedir(stream) }
    var names: [[CChar]] = []
    while true {
      // Only `errno` tells the end from a failure.
      errno = 0
      guard let entry = unsafe readdir(stream) else { break }
      names.append(
        unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
          unsafe bytes.prefix { $0 != 0 }.map(CChar.init(bitPattern:))
        })
    }
    guard errno == 0 else { throw .readFailed(path, Errno(rawValue: errno)) }
    let sorted = names.sorted {
      $0.map(UInt8.init(bitPattern:)).lexicographicallyPrecedes($1.map(UInt8.init(bitPattern:)))
    }
    return sorted.compactMap { name in
      unsafe (name + [0]).withUnsafeBufferPointer { name in
        unsafe name.baseAddress.flatMap { unsafe FilePath.Component(platformString: $0) }
      }
    }.filter { $0.kind == .regular }
  }

  /// The identity of the file or directory at `path`, links followed: equal for all its names.
  package struct Identity: Hashable, Sendable {
    private let device: dev_t
    private let number: ino_t

    /// The identity; `nil` if nothing is there.
    package init?(_ path: FilePath) {
      var status = stat()
      guard unsafe path.withPlatformString({ unsafe stat($0, &status) }) == 0 else { return nil }
      (device, number) = (status.st_dev, status.st_ino)
    }
  }

  /// Creates the directory at `path` and its parents durably; existing ones stay as they are.
  package static func createDirectory(_ path: FilePath) throws(FileError) {
    if kind(of: path) == .directory { return }
    if isLink(path), kind(of: path) == nil {
      throw .cannotCreate(path, reason: "it is a link to nothing")
    }
    if path.parent != path { try createDirectory(path.parent) }
    if unsafe path.withPlatformString({ unsafe mkdir($0, 0o777) }) == 0 {
      do {
        try synchronizeDirectory(path.parent)
      } catch {
        _ = unsafe path.withPlatformString { unsafe rmdir($0) }
        throw error
      }
    } else if errno != EEXIST {
      throw creationError(path, Errno(rawValue: errno))
    }
    guard kind(of: path) == .directory else {
      throw .cannotCreate(path, reason: "a file of that name exists")
    }
  }

  /// Renames `source` to `target`, atomically replacing a file there.
  package static func rename(_ source: FilePath, to target: FilePath) throws(FileError) {
    let status = unsafe source.withPlatformString { source in
      unsafe target.withPlatformString { target in unsafe Glibc.rename(source, target) }
    }
    guard status == 0 else { throw .writeFailed(target, Errno(rawValue: errno)) }
  }

  /// Whether both paths, links followed, lead to the same file.
  package static func isSame(_ first: FilePath, _ second: FilePath) -> Bool {
    Identity(first).map { $0 == Identity(second) } ?? false
  }

  /// Whether `path` still names the file or directory open as `descriptor`.
  static func isOpen(_ descriptor: FileDescriptor, as path: FilePath) -> Bool {
    var (own, named) = (stat(), stat())
    guard unsafe fstat(descriptor.rawValue, &own) == 0,
      unsafe path.withPlatformString({ unsafe stat($0, &named) }) == 0
    else { return false }
    return own.st_dev == named.st_dev && own.st_ino == named.st_ino
  }

  /// Makes `name` another name of the file at `source`; returns `false` if that is impossible.
  package static func link(_ source: FilePath, as name: FilePath) -> Bool {
    unsafe source.withPlatformString { source in
      unsafe name.withPlatformString { name in unsafe Glibc.link(source, name) }
    } == 0
  }

  /// Swaps the names of `first` and `second`, which both exist, atomically.
  ///
  /// - Returns: `false`, having done nothing, if the file system cannot swap names.
  package static func exchange(_ first: FilePath, _ second: FilePath) throws(FileError) -> Bool {
    let status = unsafe first.withPlatformString { first in
      unsafe second.withPlatformString { second in
        unsafe renameat2(AT_FDCWD, first, AT_FDCWD, second, exchange_flag)
      }
    }
    if status == 0 { return true }
    let reason = Errno(rawValue: errno)
    if [.invalidArgument, .noFunction, .notSupported].contains(reason) { return false }
    throw .writeFailed(second, reason)
  }

  /// The bytes that this user may still write to the file system of `path`, or of its nearest
  /// existing parent.
  package static func availableByteCount(at path: FilePath) throws(FileError) -> Int {
    var place = path
    while kind(of: place) == nil, place != place.parent { place = place.parent }
    var status = statvfs()
    guard unsafe place.withPlatformString({ unsafe statvfs($0, &status) }) == 0 else {
      throw openError(place, Errno(rawValue: errno))
    }
    let (bytes, isTooLarge) = status.f_bavail.multipliedReportingOverflow(by: status.f_frsize)
    return isTooLarge ? .max : Int(clamping: bytes)
  }

  /// Removes the file at `path`, or the directory with its content; a missing path is no error.
  package static func remove(_ path: FilePath) throws(FileError) {
    var status = stat()
    guard unsafe path.withPlatformString({ unsafe lstat($0, &status) }) == 0 else {
      if errno == ENOENT { return }
      throw .readFailed(path, Errno(rawValue: errno))
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in try entries(in: path) { try remove(path.appending(name)) }
    }
    guard unsafe path.withPlatformString({ unsafe Glibc.remove($0) }) == 0 else {
      throw .writeFailed(path, Errno(rawValue: errno))
    }
  }

  /// Makes the names in the directory at `path` durable.
  package static func synchronizeDirectory(_ path: FilePath) throws(FileError) {
    do {
      let descriptor = try FileDescriptor.open(path, .readOnly)
      defer { try? descriptor.close() }
      try descriptor.synchronize()
    } catch {
      throw .writeFailed(path, error as? Errno ?? .ioError)
    }
  }

  /// The error of a failed creation: a fault of the disk, or of the request.
  static func creationError(_ path: FilePath, _ errno: Errno) -> FileError {
    switch errno {
    case .noSpace, .diskQuotaExceeded, .ioError: .writeFailed(path, errno)
    default: .cannotCreate(path, reason: errno.description)
    }
  }

  /// The error of a failed `open` or `stat`.
  package static func openError(_ path: FilePath, _ errno: Errno) -> FileError {
    errno == .noSuchFileOrDirectory ? .missing(path) : .readFailed(path, errno)
  }
}

extension FileDescriptor {
  /// Makes the file or directory durable, even if signals interrupt.
  func synchronize() throws {
    while fsync(rawValue) != 0 {
      let reason = Errno(rawValue: errno)
      guard reason == .interrupted else { throw reason }
    }
  }
}

extension FilePath {
  /// The parent directory, "." for a plain name.
  package var parent: FilePath {
    let parent = removingLastComponent()
    return parent.isEmpty ? "." : parent
  }
}
