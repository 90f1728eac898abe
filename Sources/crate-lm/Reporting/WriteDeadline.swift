import Glibc
import SystemPackage

/// The end of a process whose disk does not answer.
///
/// A write that hangs cannot be taken back from within its thread, so the alarm's handler ends the
/// process. What was published is whole and the lock dies with the process.
enum WriteDeadline {
  nonisolated(unsafe) private static var lastWords: LastWords?
  nonisolated(unsafe) private static var seconds: UInt32 = 0

  /// Fixes how long a write to `path` may take.
  static func prepare(for path: FilePath, after limit: Duration) {
    unsafe lastWords = LastWords(
      """
      Error: writing to \(path) has taken more than \(limit.components.seconds) seconds; what was \
      published is whole: see to the disk and go on with --resume auto, or give --save-timeout.

      """)
    unsafe seconds = UInt32(clamping: limit.components.seconds)
    signal(SIGALRM) { _ in unsafe WriteDeadline.lastWords?.end(.inputOutput) }
    Signals.unblock([SIGALRM])
  }

  /// Begins to count.
  static func set() {
    alarm(unsafe seconds)
  }

  /// Ends counting.
  static func lift() {
    alarm(0)
  }
}
