/// The share of examples that a model got right.
public struct Accuracy: Hashable, Sendable {
  /// How many it got right.
  public private(set) var correct = 0
  /// How many there are.
  public private(set) var count = 0

  mutating func add(_ isCorrect: Bool) {
    count += 1
    if isCorrect { correct += 1 }
  }

  /// The share.
  public var value: Double { Double(correct) / Double(count) }

  /// The standard error of the share, √(p·(1 − p)/(n − 1)); `nil` of a single example.
  public var standardError: Double? {
    count > 1 ? (value * (1 - value) / Double(count - 1)).squareRoot() : nil
  }
}
