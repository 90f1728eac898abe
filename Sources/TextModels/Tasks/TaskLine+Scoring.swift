import CRATELM
import SystemPackage

/// The progress of scoring text.
public enum ScoringProgress: Sendable {
  /// The number of bytes read, or of tokens of packed data, and their total, `nil` if unknown.
  case read(_ done: Int, of: Int?)
  /// The number of tokens found since the last event, which are to be scored.
  case expected(Int)
  /// The number of tokens scored since the last event.
  case scored(Int)
}

extension TaskLine {
  /// The number of passages that are scored together, which bounds the memory.
  private static let passagesPerGroup = 8192

  /// Scores the examples of a task, many together, so that passages of similar length meet.
  ///
  /// - Parameters:
  ///   - inputs: files, or directories of `.jsonl` files.
  ///   - kind: the content of their lines, for the error if there is none.
  ///   - progress: called as scoring proceeds.
  ///   - measure: scores passages and reports the number of tokens done since its last report.
  ///   - read: makes an example and its passages of a line.
  ///   - finish: called with every example and the values of its passages.
  /// - Throws: as ``forEach(of:example:progress:_:)``, and what `measure` and `read` throw.
  static func score<Example, Value>(
    _ inputs: [FilePath], kind: String, progress: @escaping (ScoringProgress) -> Void,
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
