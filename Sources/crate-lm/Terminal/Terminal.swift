import Glibc
import Storage
import SystemPackage

/// The stream of everything that is not data: notes, progress and errors.
enum StandardError {
  /// Whether the stream is a terminal.
  static var isTerminal: Bool { FileDescriptor.standardError.isTerminal }

  /// The columns of the terminal: what it says now, or else `COLUMNS`, or else 80.
  static var terminalWidth: Int { FileDescriptor.standardError.terminalWidth }

  /// Writes `text` and a new line.
  static func print(_ text: String) {
    write(text + "\n")
  }

  /// Writes `text` as it is; does not fail if the reader has gone away.
  static func write(_ text: String) {
    _ = try? FileDescriptor.standardError.writeAll(text.utf8)
  }
}

/// The stream of data.
enum StandardOutput {
  /// The name in errors, instead of a path.
  fileprivate static let name: FilePath = "standard output"

  /// Whether colours are shown: on a terminal, unless `NO_COLOR` is set and not empty.
  static var isColored: Bool {
    guard FileDescriptor.standardOutput.isTerminal else { return false }
    return unsafe getenv("NO_COLOR").map { unsafe $0.pointee == 0 } ?? true
  }

  /// The columns of the terminal, or what `COLUMNS` says, or 80.
  static var width: Int { FileDescriptor.standardOutput.terminalWidth }

  /// Writes `text` at once.
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

  /// Writes `document`, the one JSON document that a command prints with `--json`.
  ///
  /// - Throws: `FileError.writeFailed`.
  static func print(_ document: some JSONRepresentable) throws {
    try write(document.json.serialized(.pretty) + [UInt8(ascii: "\n")])
  }
}

extension FileDescriptor {
  /// Whether it is a terminal.
  fileprivate var isTerminal: Bool { isatty(rawValue) == 1 }

  /// The columns of the terminal: what it says now, or else `COLUMNS`, or else 80.
  fileprivate var terminalWidth: Int {
    var size = winsize()
    if unsafe ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 {
      return Int(size.ws_col)
    }
    let columns = unsafe getenv("COLUMNS").flatMap { unsafe Int(String(cString: $0)) }
    return columns.flatMap { $0 > 1 ? $0 : nil } ?? 80
  }
}

extension FileError {
  /// Whether the reader of standard output has gone away.
  var isClosedOutput: Bool {
    guard case .writeFailed(StandardOutput.name, .brokenPipe) = self else { return false }
    return true
  }
}

extension String {
  /// The text, or as much of its beginning as leaves room for a mark in `width` characters.
  func cut(to width: Int) -> String { count <= width ? self : prefix(max(0, width - 1)) + "…" }

  /// The text in one line, with escapes for characters that steer a terminal or turn its direction;
  /// names in foreign files may contain them.
  var printable: String {
    unicodeScalars.reduce(into: "") { text, scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        text += scalar.escaped(asASCII: true)
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}
