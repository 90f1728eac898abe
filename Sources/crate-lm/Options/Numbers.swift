/// Whole numbers as people type them: `2000`, `2M`, `1.5k`, `64Ki`, `1e5`.
extension Int: TypedNumber {
  /// The factors of the letters: powers of ten, and of two with an `i`.
  private static let factors: [(suffix: String, factor: Double)] = [
    ("Ki", 0x1p10), ("Mi", 0x1p20), ("Gi", 0x1p30), ("Ti", 0x1p40), ("k", 1e3), ("K", 1e3),
    ("M", 1e6), ("G", 1e9), ("T", 1e12),
  ]
  /// Whole numbers are exact below this.
  private static let limit = 0x1p53

  static let expectation = "a whole number, such as 2000, 2M, 64Ki or 1e5"

  static func read(_ text: String) -> Int? {
    if let number = Int(text) { return number }
    let unit = factors.first { text.hasSuffix($0.suffix) }
    let digits = text.dropLast(unit?.suffix.count ?? 0)
    guard let first = digits.first(where: { $0 != "-" && $0 != "+" }), first.isASCII,
      first.isNumber, !digits.lowercased().contains("x"), let number = Double(digits),
      abs(number * (unit?.factor ?? 1)) < limit
    else { return nil }
    return Int(exactly: number * (unit?.factor ?? 1))
  }
}

extension Double: TypedNumber {
  static let expectation = "a number, such as 0.5 or 1e-4"
}

extension Float: TypedNumber {
  static let expectation = Double.expectation
}

/// The steps between two events of training, or `never`.
enum StepInterval: TypedValue {
  case never
  case steps(Int)

  static let expectation = "a number of steps from 1, or never"

  static func read(_ text: String) -> StepInterval? {
    if text == "never" { return .never }
    return Int.read(text).flatMap { $0 >= 1 ? .steps($0) : nil }
  }

  /// `nil` for never.
  var steps: Int? {
    switch self {
    case .never: nil
    case .steps(let count): count
    }
  }
}

/// The interval of lines of progress or of checkpoints: steps, a time, or `never`.
enum Interval: TypedValue {
  case never
  case steps(Int)
  case time(Duration)

  static let expectation = "a number of steps from 1, a time such as 90s or 30m, or never"

  static func read(_ text: String) -> Interval? {
    if let steps = StepInterval.read(text) { return steps.steps.map(Self.steps) ?? .never }
    return WallTime.read(text).map { .time($0.duration) }
  }

  /// Whether a line is due because of the number of an update.
  func isDue(atStep step: Int?) -> Bool {
    guard case .steps(let count) = self, let step else { return false }
    return step.isMultiple(of: count)
  }

  /// The time; `nil` for steps or never.
  var time: Duration? {
    guard case .time(let time) = self else { return nil }
    return time
  }
}

/// Steps in a list with commas, such as `1,10,1k`.
struct StepList: TypedValue {
  let steps: [Int]

  static let expectation = "numbers of steps from 1 with commas between them, such as 1,10,1k"

  static func read(_ text: String) -> StepList? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int.read(String($0)) }
    guard numbers.count == parts.count, numbers.allSatisfy({ $0 >= 1 }) else { return nil }
    return StepList(steps: Set(numbers).sorted())
  }
}
