package import SystemPackage

/// Whole files read and written at once.
package enum FileContents {
  /// The largest file that is read at once: more than any tokenizer or record takes.
  private static let byteCountLimit = 1 << 30

  /// All bytes of the regular file at `path`.
  ///
  /// - Throws: `FileError`, also for a file of more than `limit` bytes.
  package static func read(
    _ path: FilePath, limit: Int = byteCountLimit
  ) throws(FileError) -> [UInt8] {
    let descriptor = try FileSystem.openFile(path)
    defer { try? descriptor.close() }
    let byteCount = try FileSystem.byteCount(of: path)
    guard byteCount <= limit else { throw .readFailed(path, .fileTooLarge) }
    do {
      return try readToEnd(descriptor, expecting: byteCount)
    } catch {
      throw FileSystem.openError(path, error as? Errno ?? .ioError)
    }
  }

  /// The first bytes of the regular file at `path`, `count` of them or as many as there are.
  package static func read(_ path: FilePath, upTo count: Int) throws(FileError) -> [UInt8] {
    let descriptor = try FileSystem.openFile(path)
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
    let temporary = path.parent.appending(temporaryName(of: path.lastComponent?.string ?? ""))
    do throws(FileError) {
      let file = try OutputFile(reserving: temporary)
      do throws(FileError) {
        try file.write(bytes)
        try file.synchronize()
        try FileSystem.rename(temporary, to: path)
      } catch {
        try? FileSystem.remove(temporary)
        throw error
      }
    } catch {
      throw error.naming(path)
    }
  }

  /// What the file that is to become `name` is called while it is written.
  package static func temporaryName(of name: String) -> String { ".\(name).tmp" }

  private static func readToEnd(
    _ descriptor: FileDescriptor, expecting byteCount: Int
  ) throws -> [UInt8] {
    let chunkSize = 1 << 16
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount + 1)
    var wanted = max(byteCount + 1, chunkSize)
    while true {
      let before = bytes.count
      bytes.append(contentsOf: repeatElement(0, count: wanted))
      let got = try unsafe bytes.withUnsafeMutableBytes { buffer in
        try unsafe descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[before...]))
      }
      bytes.removeLast(wanted - got)
      if got == 0 { return bytes }
      wanted = chunkSize
    }
  }
}
