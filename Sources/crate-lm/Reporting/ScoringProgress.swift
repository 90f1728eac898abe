/// How far the scoring of a text has come, as a line on a terminal.
final class ScoringProgress {
  private let start = ContinuousClock.now
  private var line: ProgressLine
  private var readShare: Double?
  private var expected = 0
  private var scored = 0

  init(quiet: Bool) {
    line = ProgressLine(quiet: quiet)
  }

  /// Says that `done` bytes of `all`, if that is known, were read.
  func read(_ done: Int, of all: Int?) {
    readShare = all.map { $0 > 0 ? min(1, Double(done) / Double($0)) : 1 }
  }

  /// Says that `count` more tokens are to be scored.
  func expect(_ count: Int) {
    expected += count
  }

  /// Says that `count` more tokens were scored.
  func score(_ count: Int) {
    scored += count
    let text = self.text
    line.update(text)
  }

  /// Takes the line away.
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
