import CRATELM

extension TaskLine {
  /// Passages that are scored together, and with them the memory that they take.
  private static let passagesPerGroup = 8192

  /// Scores the examples of a task, many together, so that passages of similar length meet; a line
  /// on a terminal shows how far that has come.
  ///
  /// - Parameters:
  ///   - inputs: files, or directories of `.jsonl` files.
  ///   - kind: what their lines hold, for the error where there is none.
  ///   - quiet: whether nothing is to be shown.
  ///   - measure: scores passages and tells how many more tokens are done.
  ///   - read: an example of a line and its passages.
  ///   - finish: told every example with the values of its passages.
  /// - Throws: as ``forEach(of:example:read:_:)``, and what `measure` and `read` throw.
  static func score<Example, Value>(
    _ inputs: [String], kind: String, quiet: Bool,
    by measure: (_ passages: [Passage], _ progress: (Int) -> Void) throws -> [[Value]],
    read: (TaskLine) throws -> (example: Example, passages: [Passage]),
    finish: (Example, [[Value]]) -> Void
  ) throws {
    let progress = ScoringProgress(quiet: quiet)
    defer { progress.clear() }
    var examples: [(example: Example, passages: Range<Int>)] = []
    var passages: [Passage] = []
    func flush() throws {
      let values = try measure(passages, progress.score)
      for (example, range) in examples { finish(example, Array(values[range])) }
      examples.removeAll()
      passages.removeAll()
    }
    try forEach(of: inputs, example: kind, read: progress.read) { line in
      let (example, more) = try read(line)
      progress.expect(more.reduce(0) { $0 + $1.scored.count })
      examples.append((example, passages.count..<passages.count + more.count))
      passages += more
      if passages.count >= passagesPerGroup { try flush() }
    }
    try flush()
  }
}

/// The share of examples that a model got right.
struct Accuracy {
  private(set) var correct = 0
  private(set) var count = 0

  mutating func add(_ isCorrect: Bool) {
    count += 1
    if isCorrect { correct += 1 }
  }

  /// The share.
  var value: Double { Double(correct) / Double(count) }

  /// The standard error of the share, √(p·(1 − p)/(n − 1)); `nil` of a single example.
  var standardError: Double? {
    count > 1 ? (value * (1 - value) / Double(count - 1)).squareRoot() : nil
  }

  /// As people read it.
  var text: String {
    let error = standardError.map { " ± \(Quantity.fixed(100 * $0, 2))" } ?? ""
    return "\(Quantity.fixed(100 * value, 2))\(error) % of \(count)"
  }
}
