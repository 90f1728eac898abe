import ArgumentParser

/// Whole numbers as people type them: `2000`, `2M`, `1.5k`, `64Ki`, `1e5`.
enum WholeNumber {
  /// The factors of the letters: powers of ten, and of two with an `i`.
  private static let factors: [(suffix: String, factor: Double)] = [
    ("Ki", 0x1p10), ("Mi", 0x1p20), ("Gi", 0x1p30), ("Ti", 0x1p40), ("k", 1e3), ("K", 1e3),
    ("M", 1e6), ("G", 1e9), ("T", 1e12),
  ]
  /// Whole numbers are exact below this.
  private static let limit = 0x1p53

  /// The number that `text` writes.
  ///
  /// - Throws: `ValidationError` if it writes none.
  static func parse(_ text: String) throws -> Int {
    if let number = Int(text) { return number }
    let unit = factors.first { text.hasSuffix($0.suffix) }
    let digits = text.dropLast(unit?.suffix.count ?? 0)
    guard let first = digits.first(where: { $0 != "-" && $0 != "+" }), first.isASCII,
      first.isNumber, !digits.lowercased().contains("x"), let number = Double(digits),
      abs(number * (unit?.factor ?? 1)) < limit,
      let whole = Int(exactly: number * (unit?.factor ?? 1))
    else {
      throw ValidationError("expected a whole number, such as 2000, 2M, 64Ki or 1e5.")
    }
    return whole
  }
}

extension Option {
  /// A whole number, which may be typed as `2M` or `1e5`.
  init(
    wrappedValue: Int, name: NameSpecification = .long, number help: ArgumentHelp
  ) where Value == Int {
    var help = help
    help.abstract += " (default: \(wrappedValue))"
    self.init(wrappedValue: wrappedValue, name: name, help: help, transform: WholeNumber.parse)
  }

  /// A whole number that must be given.
  init(name: NameSpecification = .long, number help: ArgumentHelp) where Value == Int {
    self.init(name: name, help: help, transform: WholeNumber.parse)
  }

  /// A whole number that may be left out.
  init(name: NameSpecification = .long, number help: ArgumentHelp) where Value == Int? {
    self.init(name: name, help: help, transform: WholeNumber.parse)
  }
}

/// The steps between two events of training, or `never`.
enum StepInterval: ExpressibleByArgument {
  case never
  case steps(Int)

  init?(argument: String) {
    if argument == "never" {
      self = .never
    } else {
      guard let steps = try? WholeNumber.parse(argument), steps >= 1 else { return nil }
      self = .steps(steps)
    }
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
enum Interval: ExpressibleByArgument {
  case never
  case steps(Int)
  case time(Duration)

  init?(argument: String) {
    if let steps = StepInterval(argument: argument) {
      self = steps.steps.map(Self.steps) ?? .never
    } else {
      guard let time = WallTime(argument: argument) else { return nil }
      self = .time(time.duration)
    }
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
struct StepList: ExpressibleByArgument {
  let steps: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { try? WholeNumber.parse(String($0)) }
    guard numbers.count == parts.count, numbers.allSatisfy({ $0 >= 1 }) else { return nil }
    steps = Set(numbers).sorted()
  }
}
