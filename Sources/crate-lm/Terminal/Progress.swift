import Storage
import TextModels

/// A line of progress in parts, the least important of which are left out if there is no room.
struct ProgressText {
  /// A piece of the line.
  struct Part {
    /// The piece with what separates it from those before it.
    let text: String
    /// The order in which pieces are left out: the highest first, the first piece never.
    let rank: Int
  }

  private let parts: [Part]

  /// A line of pieces, each with its rank.
  init(_ parts: [(String, rank: Int)]) {
    self.parts = parts.map { Part(text: $0, rank: $1) }
  }

  /// The whole line.
  var whole: String { parts.map(\.text).joined() }

  /// The line in at most `width` columns, one for each character.
  func fitted(to width: Int) -> String {
    var parts = parts
    while parts.reduce(0, { $0 + $1.text.count }) > width, parts.count > 1,
      let least = parts.indices.dropFirst().max(by: { parts[$0].rank < parts[$1].rank })
    {
      parts.remove(at: least)
    }
    return parts.map(\.text).joined().cut(to: width)
  }
}

/// One line that is rewritten in place on a terminal, and written anew with a time stamp at an
/// interval elsewhere.
struct ProgressLine {
  private let isShown: Bool
  private let interval: Interval
  private var lastUpdate: ContinuousClock.Instant?

  /// The shortest time between two updates.
  private static let shortest = Duration.milliseconds(100)

  /// - Parameters:
  ///   - quiet: whether nothing is to be shown.
  ///   - interval: the interval of lines that stay; `nil` for none on a terminal, and otherwise a
  ///     minute.
  init(quiet: Bool, lines interval: Interval? = nil) {
    isShown = !quiet
    self.interval = interval ?? (ProgressScreen.isTerminal ? .never : .time(.seconds(60)))
    if isShown { ProgressScreen.begin(lines: self.interval.time) }
  }

  /// Shows `text`, or does not even compute it if the last update was just now; `step` numbers the
  /// update for an interval of steps.
  mutating func update(_ text: @autoclosure () -> ProgressText, step: Int? = nil) {
    guard isShown else { return }
    if interval.isDue(atStep: step) { return log(text()) }
    let now = ContinuousClock.now
    if let lastUpdate, now - lastUpdate < Self.shortest { return }
    lastUpdate = now
    ProgressScreen.show(text())
  }

  /// Writes `text` as a line that stays: with a time stamp, or cut to a terminal's width.
  func log(_ text: ProgressText) {
    if isShown { ProgressScreen.log(text) }
  }

  /// Erases the line.
  func clear() {
    if isShown { ProgressScreen.clear() }
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

  private func text(_ readByteCount: Int) -> ProgressText {
    let seconds = max((ContinuousClock.now - start) / .seconds(1), 1e-9)
    let rate = Double(readByteCount) / seconds
    let speed = (", \(Quantity.bytes(Int(rate)))/s", rank: 2)
    guard let byteCount, byteCount > 0, rate > 0 else {
      return ProgressText([("\(activity) \(Quantity.bytes(readByteCount))", 0), speed])
    }
    let percent = min(100 * readByteCount / byteCount, 100)
    let left = Quantity.seconds(Double(max(byteCount - readByteCount, 0)) / rate)
    return ProgressText([
      ("\(activity) \(percent) %", 0), (" of \(Quantity.bytes(byteCount))", 3), speed,
      (", \(left) left", 1),
    ])
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

  private var text: ProgressText {
    let seconds = max((ContinuousClock.now - start) / .seconds(1), 1e-9)
    let rate = Double(scored) / seconds
    let counts = [
      (", \(Quantity.count(scored)) tokens scored", rank: 3),
      (", \(Quantity.count(Int(rate))) tokens/s", rank: 2),
    ]
    guard let readShare, expected > 0 else { return ProgressText([("Evaluating", 0)] + counts) }
    let share = min(1, readShare * Double(scored) / Double(expected))
    guard share > 0 else { return ProgressText([("Evaluating", 0)] + counts) }
    let left = Quantity.seconds(seconds * (1 - share) / share)
    return ProgressText(
      [("Evaluating \(Int(100 * share)) %", 0)] + counts + [(", \(left) left", 1)])
  }
}
