package import SystemPackage

/// A file open for reading, in order or at any offset; its errors name it.
package final class FileReader: Sendable {
  package let path: FilePath
  /// The size of the file when it was opened, in bytes; 0 for a pipe.
  package let byteCount: Int
  package let descriptor: FileDescriptor

  /// Opens the regular file at `path`.
  ///
  /// - Throws: `FileError.wrongKind` for a pipe or a device, which may be endless.
  package init(_ path: FilePath) throws(FileError) {
    self.path = path
    (descriptor, byteCount) = try FileSystem.openFile(path)
  }

  /// Opens the file, pipe or device at `path`, a user's choice.
  package init(stream path: FilePath) throws(FileError) {
    self.path = path
    do {
      descriptor = try FileDescriptor.open(path, .readOnly)
    } catch {
      throw FileSystem.openError(path, error as? Errno ?? .ioError)
    }
    byteCount = 0
  }

  /// Standard input; errors name it `path`.
  package init(standardInputAs path: FilePath) {
    self.path = path
    descriptor = .standardInput
    byteCount = 0
  }

  deinit {
    if descriptor != .standardInput { try? descriptor.close() }
  }

  /// The bytes `range` of the file.
  ///
  /// - Throws: ``Damage`` if the file ends before; `FileError`.
  package func read(_ range: Range<Int>) throws -> [UInt8] {
    try unsafe [UInt8](unsafeUninitializedCapacity: range.count) { bytes, count in
      try unsafe read(at: range.lowerBound, into: UnsafeMutableRawBufferPointer(bytes))
      count = range.count
    }
  }

  /// Fills `bytes` from the file, beginning at the byte `offset`.
  ///
  /// - Throws: ``Damage`` if the file ends before; `FileError`.
  package func read(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws {
    var done = 0
    while done < bytes.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
      let got = try naming {
        try unsafe descriptor.read(fromAbsoluteOffset: Int64(offset + done), into: rest)
      }
      guard got > 0 else {
        throw Damage(
          path, at: offset + done..<offset + bytes.count, reason: "it ends before these bytes")
      }
      done += got
    }
  }

  /// The next bytes, at most `count`; none at the end.
  package func next(_ count: Int) throws(FileError) -> [UInt8] {
    var failure: FileError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
      do throws(FileError) {
        initialized = try unsafe next(into: UnsafeMutableRawBufferPointer(bytes))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Reads the next bytes into `bytes` and perhaps does not fill it.
  ///
  /// - Returns: the number of bytes read; 0 at the end.
  package func next(into bytes: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    try naming { try unsafe descriptor.read(into: bytes) }
  }

  /// The next bytes up to the end.
  ///
  /// - Throws: `FileError.tooLong` if there are more than `limit`.
  package func rest(atMost limit: Int) throws(FileError) -> [UInt8] {
    let chunkByteCount = 1 << 16
    var bytes = try next(max(min(byteCount, limit) + 1, chunkByteCount))
    var more = bytes
    while !more.isEmpty, bytes.count <= limit {
      more = try next(chunkByteCount)
      bytes += more
    }
    guard bytes.count <= limit else { throw .tooLong(path, limit: limit) }
    return bytes
  }

  private func naming(_ body: () throws -> Int) throws(FileError) -> Int {
    do {
      return try body()
    } catch {
      throw .readFailed(path, error as? Errno ?? .ioError)
    }
  }
}
