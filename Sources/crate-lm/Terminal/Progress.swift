import TextModels

/// One line on a terminal that is rewritten in place; a log file or a pipe gets nothing of it.
struct ProgressLine {
  private let isShown: Bool
  private var lastUpdate: ContinuousClock.Instant?
  private var isDrawn = false

  /// The shortest time between two updates.
  private static let interval = Duration.milliseconds(100)
  private static let eraseLine = "\r\u{1B}[K"

  init(quiet: Bool) {
    isShown = !quiet && StandardError.isTerminal
  }

  /// Shows `text`, or does not even compute it if the last update was just now.
  mutating func update(_ text: @autoclosure () -> String) {
    guard isShown else { return }
    let now = ContinuousClock.now
    if let lastUpdate, now - lastUpdate < Self.interval { return }
    lastUpdate = now
    isDrawn = true
    StandardError.write(Self.eraseLine + text())
  }

  /// Erases the line.
  mutating func clear() {
    guard isDrawn else { return }
    isDrawn = false
    StandardError.write(Self.eraseLine)
  }
}

/// The progress of reading text, as a line on a terminal.
struct InputProgress {
  private let activity: String
  private let byteCount: Int?
  private let start = ContinuousClock.now
  private var line: ProgressLine

  /// - Parameters:
  ///   - activity: the name of the work, such as "Packing".
  ///   - byteCount: the number of bytes to read; `nil` if it is unknown.
  ///   - quiet: whether nothing is to be shown.
  init(_ activity: String, byteCount: Int?, quiet: Bool) {
    self.activity = activity
    self.byteCount = byteCount
    line = ProgressLine(quiet: quiet)
  }

  /// Shows that `readByteCount` bytes were read.
  mutating func update(_ readByteCount: Int) {
    let state = self
    line.update(state.text(readByteCount))
  }

  /// Erases the line.
  mutating func clear() {
    line.clear()
  }

  private func text(_ readByteCount: Int) -> String {
    let seconds = max((ContinuousClock.now - start) / .seconds(1), 1e-9)
    let rate = Double(readByteCount) / seconds
    let read = Quantity.bytes(readByteCount)
    let speed = "\(Quantity.bytes(Int(rate)))/s"
    guard let byteCount, byteCount > 0, rate > 0 else { return "\(activity) \(read), \(speed)" }
    let percent = min(100 * readByteCount / byteCount, 100)
    let left = Quantity.seconds(Double(max(byteCount - readByteCount, 0)) / rate)
    return "\(activity) \(percent) % of \(Quantity.bytes(byteCount)), \(speed), \(left) left"
  }
}

/// The progress of scoring text, as a line on a terminal.
final class ScoringLine {
  private let start = ContinuousClock.now
  private var line: ProgressLine
  private var readShare: Double?
  private var expected = 0
  private var scored = 0

  init(quiet: Bool) {
    line = ProgressLine(quiet: quiet)
  }

  /// Shows the progress after `step`.
  func show(_ step: ScoringProgress) {
    switch step {
    case .read(let done, let all):
      readShare = all.map { $0 > 0 ? min(1, Double(done) / Double($0)) : 1 }
    case .expected(let count): expected += count
    case .scored(let count):
      scored += count
      let text = text
      line.update(text)
    }
  }

  /// Erases the line.
  func clear() {
    line.clear()
  }

  private var text: String {
    let seconds = max((ContinuousClock.now - start) / .seconds(1), 1e-9)
    let rate = Double(scored) / seconds
    let counts =
      "\(Quantity.count(scored)) tokens scored, \(Quantity.count(Int(rate))) tokens/s"
    guard let readShare, expected > 0 else { return "Evaluating, \(counts)" }
    let share = min(1, readShare * Double(scored) / Double(expected))
    guard share > 0 else { return "Evaluating, \(counts)" }
    let left = Quantity.seconds(seconds * (1 - share) / share)
    return "Evaluating \(Int(100 * share)) %, \(counts), \(left) left"
  }
}
