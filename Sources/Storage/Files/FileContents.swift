package import SystemPackage

/// Whole files read and written at once.
package enum FileContents {
  /// The largest file that is read at once: more than any tokenizer or record takes.
  package static let byteCountLimit = 1 << 30

  /// All bytes of the regular file at `path`.
  ///
  /// - Throws: `FileError`, of which `.tooLong` for a file of more than a gigabyte.
  package static func read(_ path: FilePath) throws(FileError) -> [UInt8] {
    let (descriptor, byteCount) = try FileSystem.openFile(path)
    defer { try? descriptor.close() }
    guard byteCount <= byteCountLimit else { throw .tooLong(path, limit: byteCountLimit) }
    return try readToEnd(descriptor, path, expecting: byteCount)
  }

  /// All bytes of the file, pipe or device at `path`, which a user has named.
  ///
  /// - Throws: `FileError`, of which `.tooLong` where there are more than a gigabyte.
  package static func readStream(_ path: FilePath) throws(FileError) -> [UInt8] {
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(path, .readOnly)
    } catch {
      throw FileSystem.openError(path, error as? Errno ?? .ioError)
    }
    defer { try? descriptor.close() }
    return try readToEnd(descriptor, path, expecting: 0)
  }

  /// The first bytes of the regular file at `path`, `count` of them or as many as there are.
  package static func read(_ path: FilePath, upTo count: Int) throws(FileError) -> [UInt8] {
    let (descriptor, _) = try FileSystem.openFile(path)
    defer { try? descriptor.close() }
    do {
      var bytes = [UInt8](repeating: 0, count: count)
      let got = try unsafe bytes.withUnsafeMutableBytes { buffer in
        try unsafe descriptor.read(into: buffer)
      }
      return Array(bytes[..<got])
    } catch {
      throw FileSystem.openError(path, error as? Errno ?? .ioError)
    }
  }

  /// Writes `bytes` beside `path`, makes them durable and renames them into place, so that a
  /// reader sees the old file or the new one, never a part.
  ///
  /// What a killed process leaves beside it, the next one that writes there uses.
  package static func write(_ bytes: [UInt8], to path: FilePath) throws(FileError) {
    try replace(path) { (file) throws(FileError) in try file.write(bytes) }
  }

  /// Writes the content of the file at `source` to `path`, likewise.
  package static func copy(_ source: FilePath, to path: FilePath) throws(FileError) {
    try replace(path) { (file) throws(FileError) in
      try unsafe forEachChunk(of: source) { (chunk) throws(FileError) in
        try unsafe file.write(chunk)
      }
    }
  }

  /// Gives the bytes of the regular file at `path` to `body`, a part of them at a time.
  ///
  /// - Throws: `FileError`, what `body` throws.
  package static func forEachChunk(
    of path: FilePath, _ body: (UnsafeRawBufferPointer) throws(FileError) -> Void
  ) throws(FileError) {
    let (descriptor, _) = try FileSystem.openFile(path)
    defer { try? descriptor.close() }
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { unsafe chunk.deallocate() }
    while true {
      let got: Int
      do {
        got = try unsafe descriptor.read(into: chunk)
      } catch {
        throw .readFailed(path, error as? Errno ?? .ioError)
      }
      if got == 0 { return }
      try unsafe body(UnsafeRawBufferPointer(rebasing: chunk[..<got]))
    }
  }

  private static func replace(
    _ path: FilePath, by write: (OutputFile) throws(FileError) -> Void
  ) throws(FileError) {
    let temporary = path.parent.appending(temporaryName(of: path.lastComponent?.string ?? ""))
    do throws(FileError) {
      let file = try OutputFile(reserving: temporary)
      do throws(FileError) {
        try write(file)
        try file.synchronize()
        try FileSystem.rename(temporary, to: path)
      } catch {
        try? FileSystem.remove(temporary)
        throw error
      }
    } catch {
      throw error.naming(path, insteadOf: temporary)
    }
  }

  /// What the file that is to become `name` is called while it is written.
  package static func temporaryName(of name: String) -> String { ".\(name).tmp" }

  /// Reads up to the end, or a little more than the limit.
  private static func readToEnd(
    _ descriptor: FileDescriptor, _ path: FilePath, expecting byteCount: Int
  ) throws(FileError) -> [UInt8] {
    let chunkSize = 1 << 16
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount + 1)
    var wanted = max(byteCount + 1, chunkSize)
    while bytes.count <= byteCountLimit {
      let before = bytes.count
      bytes.append(contentsOf: repeatElement(0, count: wanted))
      let got: Int
      do {
        got = try unsafe bytes.withUnsafeMutableBytes { buffer in
          try unsafe descriptor.read(
            into: UnsafeMutableRawBufferPointer(rebasing: buffer[before...]))
        }
      } catch {
        throw FileSystem.openError(path, error as? Errno ?? .ioError)
      }
      bytes.removeLast(wanted - got)
      if got == 0 { return bytes }
      wanted = chunkSize
    }
    throw .tooLong(path, limit: byteCountLimit)
  }
}
