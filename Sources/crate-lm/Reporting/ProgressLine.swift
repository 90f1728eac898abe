/// One line on a terminal that is rewritten in place; elsewhere nothing is shown.
///
/// Progress is for eyes: a log file or a pipe gets the notes, not the line.
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

  /// Shows `text` unless the last update was just now; `text` is not computed then.
  mutating func update(_ text: @autoclosure () -> String) {
    guard isShown else { return }
    let now = ContinuousClock.now
    if let lastUpdate, now - lastUpdate < Self.interval { return }
    lastUpdate = now
    isDrawn = true
    StandardError.write(Self.eraseLine + text())
  }

  /// Takes the line away.
  mutating func clear() {
    guard isDrawn else { return }
    isDrawn = false
    StandardError.write(Self.eraseLine)
  }
}
