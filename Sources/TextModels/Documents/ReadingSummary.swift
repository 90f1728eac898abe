public import SystemPackage

/// What reading texts came upon, apart from the documents.
public struct ReadingSummary: Sendable {
  /// A line that was left out.
  public struct Line: Equatable, Sendable {
    /// The file.
    public let path: FilePath
    /// The number of the line, from 1.
    public let number: Int
    /// The expected and the found, as a clause.
    public let reason: String
  }

  /// The number of Windows' line ends in the text, and of the files that have some.
  public internal(set) var windowsLineEnds = (count: 0, files: 0)
  /// The lines that were left out, at most ``longestList``.
  public internal(set) var leftOut: [Line] = []
  /// The number of lines that were left out.
  public internal(set) var leftOutCount = 0
  /// The files that were read as JSON lines because of their content, at most ``longestList``.
  public internal(set) var readAsLines: [FilePath] = []
  /// The files that look like JSON and were read as plain text, at most ``longestList``.
  public internal(set) var readAsText: [FilePath] = []

  /// The most items of a list that are kept.
  public static let longestList = 1000

  mutating func leaveOut(_ line: Line) {
    leftOutCount += 1
    if leftOut.count < Self.longestList { leftOut.append(line) }
  }

  mutating func note(_ path: FilePath, in list: WritableKeyPath<ReadingSummary, [FilePath]>) {
    if self[keyPath: list].count < Self.longestList { self[keyPath: list].append(path) }
  }
}
