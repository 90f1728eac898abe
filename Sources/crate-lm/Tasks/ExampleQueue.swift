import CRATELM

/// Examples of a task that wait to be scored together, so that passages of similar length meet.
struct ExampleQueue<Example, Value> {
  private var examples: [(example: Example, passages: Range<Int>)] = []
  private var passages: [Passage] = []
  private let measure: ([Passage]) throws -> [[Value]]
  private let finish: (Example, [[Value]]) -> Void

  /// Passages that are scored together, and with them the memory that they take.
  private static var passagesPerGroup: Int { 8192 }

  /// - Parameters:
  ///   - measure: scores passages.
  ///   - finish: told every example with the values of its passages.
  init(
    measure: @escaping ([Passage]) throws -> [[Value]],
    finish: @escaping (Example, [[Value]]) -> Void
  ) {
    self.measure = measure
    self.finish = finish
  }

  /// Adds an example with its passages.
  mutating func append(_ example: Example, _ more: [Passage]) throws {
    examples.append((example, passages.count..<passages.count + more.count))
    passages += more
    if passages.count >= Self.passagesPerGroup { try flush() }
  }

  /// Scores what waits.
  mutating func flush() throws {
    let values = try measure(passages)
    for (example, range) in examples { finish(example, Array(values[range])) }
    examples.removeAll()
    passages.removeAll()
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
