import CRATELM
import TextModels

/// What a user sees of training: a line of progress, validations and samples.
struct TrainingLog {
  private let steps: Int
  private let deadline: ContinuousClock.Instant?
  private var line: ProgressLine
  private(set) var speed = Speed()
  private var isBegun = false
  /// What is shown of the last update, but for its number.
  private var outlook: [(String, rank: Int)] = []

  /// The last validation losses, on a terminal.
  private var losses: [Double] = []

  /// The validations of the line of blocks.
  private static let sparkCount = 16
  /// The longest sample without a terminal to be as wide as.
  private static let sampleWidth = 120

  /// - Parameters:
  ///   - steps: the steps of the whole plan.
  ///   - deadline: the end of the time for training; `nil` for none.
  ///   - quiet: whether nothing is to be shown.
  ///   - interval: the interval of lines that stay; `nil` for the usual one.
  init(
    steps: Int, until deadline: ContinuousClock.Instant?, quiet: Bool, lines interval: Interval?
  ) {
    (self.steps, self.deadline) = (steps, deadline)
    line = ProgressLine(quiet: quiet, lines: interval)
  }

  /// Shows the update `report`; `isValidated` says whether `validation` was made after it.
  mutating func show(_ report: StepReport, _ validation: ValidationLoss?, isValidated: Bool) {
    speed.add(report)
    if isValidated, let validation, ProgressScreen.isTerminal {
      losses = losses.suffix(Self.sparkCount - 1) + [validation.loss]
    }
    let text = text(report, validation)
    // Without a terminal the first line shows that training has begun.
    if isValidated || !isBegun && !StandardError.isTerminal {
      line.log(text)
    } else {
      line.update(text, step: report.step)
    }
    if isValidated, let parts = validation?.parts, !parts.isEmpty {
      line.log(ProgressText([("validation | \(Self.text(of: parts))", 0)]))
    }
    isBegun = true
  }

  /// The loss on each text of a mixture.
  static func text(of parts: [ValidationLoss.Part]) -> String {
    parts.map { part in
      let bits = part.bitsPerByte.map { " (\(Quantity.fixed($0, 3)) bits/byte)" } ?? ""
      return "\(part.data.printable) \(Quantity.fixed(part.loss, 3))\(bits)"
    }.joined(separator: ", ")
  }

  /// Shows the beginning of update number `step`, and how many of its microbatches are done.
  mutating func show(microbatch done: Int, of count: Int, step: Int) {
    // With its last microbatch the update itself is shown.
    guard done < count else { return }
    let part = count > 1 && done > 0 ? [(", microbatch \(done)/\(count)", rank: 2)] : []
    let (steps, outlook) = (steps, outlook)
    line.update(ProgressText([("step \(step - 1)/\(steps)", 0)] + part + outlook))
  }

  /// Shows that the validation after `step` goes on.
  mutating func show(validationAfter step: Int) {
    let (steps, outlook) = (steps, outlook)
    line.update(ProgressText([("step \(step)/\(steps)", 0), (", validating", rank: 2)] + outlook))
  }

  /// Shows what the model can do by now, in one line.
  func show(sample: String) {
    line.log(ProgressText([("sample | \(sample.printable.cut(to: Self.sampleWidth))", 0)]))
  }

  /// Erases the line of progress.
  func clear() { line.clear() }

  private mutating func text(_ report: StepReport, _ validation: ValidationLoss?) -> ProgressText {
    let rate = Quantity.count(Int(speed.tokensPerSecond ?? report.tokensPerSecond))
    var secondsLeft = speed.seconds(forSteps: steps - report.step)
    if let deadline {
      secondsLeft = min(secondsLeft, max(0, (deadline - .now) / .seconds(1)))
    }
    let left = Quantity.seconds(secondsLeft)
    var parts = [(" | loss \(Quantity.fixed(report.loss, 3))", rank: 1)]
    if let validation {
      parts.append((" | validation \(Quantity.fixed(validation.loss, 3))", 3))
      if let bits = validation.bitsPerByte {
        parts.append((" (\(Quantity.fixed(bits, 3)) bits/byte)", 4))
      }
      if losses.count > 1 { parts.append((" \(sparkline(losses))", 6)) }
    }
    outlook = parts + [(" | \(rate) tokens/s", 5), (" | \(left) left", 2)]
    return ProgressText([("step \(report.step)/\(steps)", 0)] + outlook)
  }
}

/// The pace of the last steps.
struct Speed {
  private var secondsPerStep = 0.0

  /// The weight of the newest step in the average.
  private static let newestWeight = 0.05

  mutating func add(_ step: StepReport) {
    let previous = tokensPerSecond ?? step.tokensPerSecond
    let rate = previous + Self.newestWeight * (step.tokensPerSecond - previous)
    tokensPerSecond = rate
    secondsPerStep = Double(step.tokens) / Double(step.step) / rate
  }

  /// `nil` before the first step.
  private(set) var tokensPerSecond: Double?

  func seconds(forSteps steps: Int) -> Double { Double(steps) * secondsPerStep }
}
