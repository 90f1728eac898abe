import Storage
import SystemPackage

/// The stream of data.
enum StandardOutput {
  /// What takes the place of a path in errors.
  static let name: FilePath = "standard output"

  /// Writes `text` at once, for output that is read while it is made.
  ///
  /// - Throws: `FileError.writeFailed`.
  static func write(_ text: String) throws {
    try write(Array(text.utf8))
  }

  /// Writes `bytes` as they are.
  ///
  /// - Throws: `FileError.writeFailed`.
  static func write(_ bytes: [UInt8]) throws {
    do {
      try FileDescriptor.standardOutput.writeAll(bytes)
    } catch {
      throw FileError.writeFailed(name, error as? Errno ?? .ioError)
    }
  }
}

extension FileError {
  /// Whether the reader of standard output has gone away.
  var isClosedOutput: Bool {
    guard case .writeFailed(StandardOutput.name, .brokenPipe) = self else { return false }
    return true
  }
}
