import Glibc
import SystemPackage

/// The stream of everything that is not data: notes, progress and errors.
enum StandardError {
  /// Whether somebody may be watching.
  static var isTerminal: Bool { isatty(FileDescriptor.standardError.rawValue) == 1 }

  /// Writes `text` and a new line.
  static func print(_ text: String) {
    write(text + "\n")
  }

  /// Writes `text` as it is; a reader that has gone away is no reason to fail.
  static func write(_ text: String) {
    _ = try? FileDescriptor.standardError.writeAll(text.utf8)
  }
}
