package import SystemPackage

/// A new file, hashed while it is written.
package final class HashingWriter {
  private let file: OutputFile
  private let hash = SHA256()
  /// The bytes written so far.
  private var byteCount = 0

  /// Creates the file at `path`, or empties an existing one.
  package init(_ path: FilePath) throws(FileError) {
    file = try OutputFile(creating: path)
  }

  /// Writes all of `bytes`.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    unsafe hash.update(bytes)
    try unsafe file.write(bytes)
    byteCount += bytes.count
  }

  /// Writes all of `bytes`.
  package func write(_ bytes: [UInt8]) throws(FileError) {
    hash.update(bytes)
    try file.write(bytes)
    byteCount += bytes.count
  }

  /// Makes the file durable and closes it.
  package func finish() throws(FileError) -> FileSummary {
    try file.synchronize()
    try file.close()
    return FileSummary(byteCount: byteCount, sha256: Fingerprint(digest: hash.finalize()))
  }
}

/// The size and the checksum that identify a file.
package struct FileSummary: Codable, Hashable, Sendable {
  package let byteCount: Int
  package let sha256: Fingerprint

  /// Reads the file at `path` whole.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - progress: called with the bytes read so far; may throw to stop.
  /// - Returns: its size and checksum.
  /// - Throws: `FileError`, the errors of `progress`.
  package static func read(
    _ path: FilePath, progress: (Int) throws -> Void = { _ in }
  ) throws -> FileSummary {
    let file = try FileReader(path)
    let hash = SHA256()
    var byteCount = 0
    while case let chunk = try file.next(chunkByteCount), !chunk.isEmpty {
      hash.update(chunk)
      byteCount += chunk.count
      try progress(byteCount)
    }
    return FileSummary(byteCount: byteCount, sha256: Fingerprint(digest: hash.finalize()))
  }

  private static let chunkByteCount = 1 << 16
}
