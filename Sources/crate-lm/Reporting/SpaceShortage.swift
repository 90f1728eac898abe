import Files
import Glibc

/// A time without room on the disk.
struct SpaceShortage {
  /// The time before the next try; longer from try to try.
  private var pause = firstPause
  private var isNoted = false

  private static let firstPause = Duration.seconds(1), longestPause = Duration.seconds(60)
  private static let microsecondsBetweenLooks: UInt32 = 100_000

  /// Waits before the next try, or until `isOver`; says so at the first one.
  mutating func wait(for error: FileError, until isOver: () -> Bool, note: (String) -> Void) {
    if !isNoted, case .noSpace(let path, let needed, let available) = error {
      note(
        "Waiting for disk space: \(path) needs \(Quantity.bytes(needed)), "
          + "\(Quantity.bytes(available)) are free.")
      isNoted = true
    }
    let end = ContinuousClock.now + pause
    while ContinuousClock.now < end, !isOver() { usleep(Self.microsecondsBetweenLooks) }
    pause = min(pause * 2, Self.longestPause)
  }

  /// There was room.
  mutating func end() {
    self = SpaceShortage()
  }
}
