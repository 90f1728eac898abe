import Glibc
package import SystemPackage

/// Whole files read and written at once.
package enum FileContents {
  /// All bytes of the file at `path`.
  package static func read(_ path: FilePath) throws(FileError) -> [UInt8] {
    do {
      let descriptor = try FileDescriptor.open(path, .readOnly)
      defer { try? descriptor.close() }
      return try readToEnd(descriptor, expecting: FileSystem.byteCount(of: path))
    } catch let error as FileError {
      throw error
    } catch {
      throw FileSystem.openError(path, error as? Errno ?? .ioError)
    }
  }

  /// The first bytes of the file at `path`, `count` of them or as many as there are.
  package static func read(_ path: FilePath, upTo count: Int) throws(FileError) -> [UInt8] {
    do {
      let descriptor = try FileDescriptor.open(path, .readOnly)
      defer { try? descriptor.close() }
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
  package static func write(_ bytes: [UInt8], to path: FilePath) throws(FileError) {
    let temporary = temporaryPath(of: path)
    do {
      let file = try OutputFile(creating: temporary)
      try file.write(bytes)
      try file.synchronize()
      try file.close()
      try FileSystem.rename(temporary, to: path)
    } catch {
      try? FileSystem.remove(temporary)
      throw error.naming(path)
    }
  }

  /// Where this process writes what becomes the file at `path`.
  private static func temporaryPath(of path: FilePath) -> FilePath {
    path.removingLastComponent().appending(
      "\(temporaryPrefix(of: path.lastComponent?.string ?? "file"))\(getpid())\(temporarySuffix)")
  }

  private static func temporaryPrefix(of name: String) -> String { ".\(name)." }
  private static let temporarySuffix = ".tmp"

  /// Whether `found` is the name of a file that a process was writing to become `name`.
  package static func isLeftover(_ found: String, of name: String) -> Bool {
    let prefix = temporaryPrefix(of: name)
    guard found.hasPrefix(prefix), found.hasSuffix(temporarySuffix) else { return false }
    return Int(found.dropFirst(prefix.count).dropLast(temporarySuffix.count)) != nil
  }

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
