package import SystemPackage

/// Reads and writes whole files.
package enum FileContents {
  /// The largest file read at once, in bytes: larger than any tokenizer or record.
  package static let byteCountLimit = 1 << 30

  /// All bytes of the regular file at `path`.
  ///
  /// - Throws: `FileError`, `.tooLong` for a file of more than 1 GiB.
  package static func read(_ path: FilePath) throws(FileError) -> [UInt8] {
    let file = try FileReader(path)
    guard file.byteCount <= byteCountLimit else { throw .tooLong(path, limit: byteCountLimit) }
    return try file.rest(atMost: byteCountLimit)
  }

  /// All bytes of the file, pipe or device at `path`, a user's choice.
  ///
  /// - Throws: `FileError`, `.tooLong` for more than 1 GiB.
  package static func readStream(_ path: FilePath) throws(FileError) -> [UInt8] {
    try FileReader(stream: path).rest(atMost: byteCountLimit)
  }

  /// Writes `bytes` to a file beside `path`, makes it durable and renames it to `path`: a reader
  /// sees the old file or the new one, never a part.
  ///
  /// The next writer reuses a file that a killed process left beside it.
  package static func write(_ bytes: [UInt8], to path: FilePath) throws(FileError) {
    try replace(path) { (file) throws(FileError) in try file.write(bytes) }
  }

  /// Writes the content of the file at `source` to `path` in the same way.
  package static func copy(_ source: FilePath, to path: FilePath) throws(FileError) {
    let original = try FileReader(source)
    try replace(path) { (file) throws(FileError) in
      while case let chunk = try original.next(1 << 16), !chunk.isEmpty { try file.write(chunk) }
    }
  }

  /// Makes the file at `path` in the same way of what `write` writes.
  ///
  /// - Throws: `FileError`, the errors of `write`.
  package static func make(_ path: FilePath, by write: (OutputFile) throws -> Void) throws {
    let stage = Stage(for: path)
    do {
      try stage.publish {
        let file = try OutputFile(reserving: stage.path)
        try write(file)
        try file.synchronize()
      }
    } catch let error as FileError {
      throw error.naming(path, insteadOf: stage.path)
    }
  }

  private static func replace(
    _ path: FilePath, by write: (OutputFile) throws(FileError) -> Void
  ) throws(FileError) {
    do {
      try make(path, by: write)
    } catch {
      throw error as? FileError ?? .writeFailed(path, .ioError)
    }
  }
}
