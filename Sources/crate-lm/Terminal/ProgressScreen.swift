import Dispatch
import Storage
import Synchronization

/// The line of progress on standard error.
///
/// Three threads share it: the one that works, one that redraws the line at once when the terminal
/// changes its width, and one that writes lines on time while the work gives no news.
enum ProgressScreen {
  private struct State {
    /// The newest text; `nil` if nothing is to be shown.
    var text: ProgressText?
    /// The width of what is drawn; 0 for nothing.
    var drawnWidth = 0
    var lastLine = ContinuousClock.now
    /// The time between lines that stay; `nil` if the time decides none.
    var interval: Duration?
    var isFollowing = false
  }

  private static let state = Mutex(State())
  private static let timer = DispatchQueue(label: "progress")
  static let isTerminal = StandardError.isTerminal

  /// The time that a due line waits for news.
  private static let patience = Duration.milliseconds(200)

  /// Begins to follow the terminal's width, and to write lines at an `interval` of time.
  static func begin(lines interval: Duration?) {
    state.withLock { state in
      if let interval, state.interval == nil { keepTime(after: interval + patience) }
      (state.interval, state.lastLine) = (interval, .now)
      guard isTerminal, !state.isFollowing else { return }
      state.isFollowing = true
      TerminalWidth.follow {
        Self.state.withLock { if $0.drawnWidth > 0 { draw(&$0) } }
      }
    }
  }

  /// Shows `text`, as a line that stays if one is due.
  static func show(_ text: ProgressText) {
    state.withLock { state in
      state.text = text
      if let interval = state.interval, .now - state.lastLine >= interval { write(text, &state) }
      if isTerminal { draw(&state) }
    }
  }

  /// Writes `text` as a line that stays: with a time stamp, or cut to a terminal's width.
  static func log(_ text: ProgressText) { state.withLock { write(text, &$0) } }

  /// Prints `text` above the line.
  static func interject(_ text: String) {
    state.withLock { state in
      let isDrawn = state.drawnWidth > 0
      erase(&state)
      StandardError.print(text)
      if isDrawn { draw(&state) }
    }
  }

  /// Erases the line, which has no text any more.
  static func clear() {
    state.withLock { state in
      erase(&state)
      state.text = nil
    }
  }

  /// Writes the newest text again when a line is due and there were no news in time.
  private static func keepTime(after time: Duration) {
    timer.asyncAfter(deadline: .now() + (time / .seconds(1))) {
      let left = state.withLock { state -> Duration? in
        guard let interval = state.interval else { return nil }
        let due = state.lastLine + interval + patience
        if let text = state.text, due <= .now {
          write(text, &state)
          if isTerminal { draw(&state) }
        }
        return state.text == nil ? interval : max(due - .now, patience)
      }
      if let left { keepTime(after: left) }
    }
  }

  private static func write(_ text: ProgressText, _ state: inout State) {
    erase(&state)
    state.lastLine = .now
    StandardError.print(
      isTerminal
        ? text.fitted(to: StandardError.terminalWidth) : "\(TimeStamp.now) \(text.whole)")
  }

  private static func draw(_ state: inout State) {
    guard let text = state.text else { return }
    let width = StandardError.terminalWidth
    let line = text.fitted(to: width - 1)
    StandardError.write(erasure(of: state.drawnWidth, width) + line)
    state.drawnWidth = line.count
  }

  private static func erase(_ state: inout State) {
    guard state.drawnWidth > 0 else { return }
    StandardError.write(erasure(of: state.drawnWidth, StandardError.terminalWidth))
    state.drawnWidth = 0
  }

  /// The codes that erase what is drawn; a terminal that became narrower has broken it into rows.
  private static func erasure(of drawnWidth: Int, _ width: Int) -> String {
    let rows = max(0, drawnWidth - 1) / width
    return (rows > 0 ? "\u{1B}[\(rows)A" : "") + (rows > 0 ? "\r\u{1B}[J" : "\r\u{1B}[K")
  }
}
