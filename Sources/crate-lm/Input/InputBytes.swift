import Storage
import SystemPackage

/// A whole file, or standard input, in memory and as it is.
enum InputBytes {
  /// All bytes of the file at `path`; `-`, or no path, is standard input.
  static func read(_ path: String?) throws -> [UInt8] {
    let path = path.map { FilePath($0) } ?? InputFile.standardInput
    if path != InputFile.standardInput, FileSystem.kind(of: path) == .directory {
      throw FileError.wrongKind(path, expected: "a file")
    }
    let stream = try FileStream(path)
    var bytes: [UInt8] = []
    while true {
      let next = try stream.next()
      if next.isEmpty { return bytes }
      bytes += next
    }
  }

  /// The lines of `bytes` without their newlines; a newline at the end begins no line.
  static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }
}
