package import SystemPackage

/// The whole lines of a file from the last to the first, read in pieces.
package final class ReversedLines {
  private let file: FileReader
  /// The bytes in memory, from offset `start` to the lines given so far; they end with a line feed.
  private var rest: [UInt8] = []
  private var start: Int

  /// The size of the file when it was opened.
  package var byteCount: Int { file.byteCount }

  private static let chunkByteCount = 1 << 16
  /// The longest line, or unfinished last line, in bytes.
  private static let lineByteCountLimit = 1 << 24
  private static let newLine = UInt8(ascii: "\n")

  /// Opens the file at `path` and skips an unfinished last line.
  ///
  /// - Throws: ``ForeignFile`` if a line is too long; ``Damage``, `FileError`.
  package init(_ path: FilePath) throws {
    file = try FileReader(path)
    start = file.byteCount
    while rest.lastIndex(of: Self.newLine) == nil, try readMore() {}
    rest.removeLast(rest.count - (rest.lastIndex(of: Self.newLine) ?? -1) - 1)
  }

  /// The line before those given so far, without its line feed, and the offset behind its line
  /// feed; `nil` if there is none.
  ///
  /// - Throws: as the initializer.
  package func next() throws -> (line: ArraySlice<UInt8>, end: Int)? {
    guard !rest.isEmpty else { return nil }
    while rest.dropLast().lastIndex(of: Self.newLine) == nil, try readMore() {}
    let first = (rest.dropLast().lastIndex(of: Self.newLine) ?? -1) + 1
    let line = rest[first...].dropLast()
    defer { rest.removeLast(rest.count - first) }
    return (line, start + rest.count)
  }

  /// Reads the piece of the file before ``rest``; returns `false` at the beginning.
  private func readMore() throws -> Bool {
    guard start > 0 else { return false }
    guard rest.count < Self.lineByteCountLimit else {
      throw ForeignFile(
        file.path, reason: "it has a line of more than \(Self.lineByteCountLimit) bytes")
    }
    let count = min(start, Self.chunkByteCount)
    start -= count
    rest = try file.read(start..<start + count) + rest
    return true
  }
}
