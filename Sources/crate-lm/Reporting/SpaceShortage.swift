import Glibc
import Storage

/// The waits for room on the disk between the tries of one write.
enum SpaceShortage {
  private static let longestPause = Duration.seconds(60)
  private static let microsecondsBetweenLooks: UInt32 = 100_000

  /// Waits after a try that failed, longer from try to try, or until `isOver`.
  ///
  /// - Parameters:
  ///   - error: why it failed.
  ///   - failures: how often it has failed; the first time that is said.
  ///   - isOver: whether to wait no longer.
  ///   - note: says it.
  static func wait(
    for error: FileError, after failures: Int, until isOver: () -> Bool, note: (String) -> Void
  ) {
    if failures == 1, case .noSpace(let path, let needed, let available) = error {
      note(
        "Waiting for disk space: \(path) needs \(Quantity.bytes(needed)), "
          + "\(Quantity.bytes(available)) are free.")
    }
    let pause = min(Duration.seconds(1 << min(failures - 1, 6)), longestPause)
    let end = ContinuousClock.now + pause
    while ContinuousClock.now < end, !isOver() { usleep(microsecondsBetweenLooks) }
  }
}
