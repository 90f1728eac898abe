import CRATELM

/// How far the scoring of text has come.
public enum ScoringProgress: Sendable {
  /// So many bytes, or tokens of packed data, were read of all, if their number is known.
  case read(_ done: Int, of: Int?)
  /// So many more tokens are to be scored.
  case expected(Int)
  /// So many more tokens were scored.
  case scored(Int)
}

extension TaskLine {
  /// Passages that are scored together, and with them the memory that they take.
  private static let passagesPerGroup = 8192

  /// Scores the examples of a task, many together, so that passages of similar length meet.
  ///
  /// - Parameters:
  ///   - inputs: files, or directories of `.jsonl` files.
  ///   - kind: what their lines hold, for the error where there is none.
  ///   - progress: told how far that has come.
  ///   - measure: scores passages and tells how many more tokens are done.
  ///   - read: an example of a line and its passages.
  ///   - finish: told every example with the values of its passages.
  /// - Throws: as ``forEach(of:example:progress:_:)``, and what `measure` and `read` throw.
  static func score<Example, Value>(
    _ inputs: [String], kind: String, progress: @escaping (ScoringProgress) -> Void,
    by measure: (_ passages: [Passage], _ progress: (Int) -> Void) throws -> [[Value]],
    read: (TaskLine) throws -> (example: Example, passages: [Passage]),
    finish: (Example, [[Value]]) -> Void
  ) throws {
    var examples: [(example: Example, passages: Range<Int>)] = []
    var passages: [Passage] = []
    func flush() throws {
      let values = try measure(passages) { progress(.scored($0)) }
      for (example, range) in examples { finish(example, Array(values[range])) }
      examples.removeAll()
      passages.removeAll()
    }
    try forEach(of: inputs, example: kind, progress: progress) { line in
      let (example, more) = try read(line)
      progress(.expected(more.reduce(0) { $0 + $1.scored.count }))
      examples.append((example, passages.count..<passages.count + more.count))
      passages += more
      if passages.count >= passagesPerGroup { try flush() }
    }
    try flush()
  }
}
