import Storage
import SystemPackage

/// A new file that is hashed as it is written.
final class HashingWriter {
  private let file: OutputFile
  private let hash = SHA256()
  private var byteCount = 0

  init(_ path: FilePath) throws(FileError) {
    file = try OutputFile(creating: path)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    unsafe hash.update(bytes)
    try unsafe file.write(bytes)
    byteCount += bytes.count
  }

  func write(_ bytes: [UInt8]) throws(FileError) {
    hash.update(bytes)
    try file.write(bytes)
    byteCount += bytes.count
  }

  /// Makes the file durable and closes it.
  func finish() throws(FileError) -> FileSummary {
    try file.synchronize()
    try file.close()
    return FileSummary(byteCount: byteCount, sha256: Fingerprint(digest: hash.finalize()))
  }
}

/// The size and the checksum by which a file is recognised.
struct FileSummary: Codable, Hashable {
  let byteCount: Int
  let sha256: Fingerprint

  /// Reads the file at `path` whole.
  static func read(_ path: FilePath) throws -> FileSummary {
    let hash = SHA256()
    var byteCount = 0
    try unsafe FileContents.forEachChunk(of: path) { chunk in
      unsafe hash.update(chunk)
      byteCount += chunk.count
    }
    return FileSummary(byteCount: byteCount, sha256: Fingerprint(digest: hash.finalize()))
  }
}
