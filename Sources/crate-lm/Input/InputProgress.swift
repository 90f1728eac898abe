/// How far the reading of text has come, as a line on a terminal.
struct InputProgress {
  private let activity: String
  private let byteCount: Int?
  private let start = ContinuousClock.now
  private var line: ProgressLine

  /// - Parameters:
  ///   - activity: what is being done, such as "Packing".
  ///   - byteCount: how many bytes there are to read, if that is known.
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

  /// Takes the line away.
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
