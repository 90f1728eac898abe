/// The share of examples that a model got right.
public struct Accuracy: Hashable, Sendable {
  /// The number of right answers.
  public private(set) var correct = 0
  /// The number of examples.
  public private(set) var count = 0

  mutating func add(_ isCorrect: Bool) {
    count += 1
    if isCorrect { correct += 1 }
  }

  /// The share of right answers, from 0 to 1; NaN without examples.
  public var value: Double { Double(correct) / Double(count) }

  /// The standard error of the share, √(p·(1 − p)/(n − 1)); `nil` for fewer than two examples.
  public var standardError: Double? {
    count > 1 ? (value * (1 - value) / Double(count - 1)).squareRoot() : nil
  }
}
