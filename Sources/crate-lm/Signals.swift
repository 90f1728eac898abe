import Glibc
import Synchronization
import SystemPackage

/// Unblocks the signals `numbers`, which the parent process may have left blocked.
private func unblock(_ numbers: [Int32]) {
  var set = sigset_t()
  unsafe sigemptyset(&set)
  for number in numbers { unsafe sigaddset(&set, number) }
  unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
}

/// A request of the user or the system that this process end.
///
/// The first SIGINT, SIGTERM or SIGUSR1 is a request; the second, whichever it is, ends the process
/// at once.
enum StopRequest {
  private static let signals = [SIGINT, SIGTERM, SIGUSR1]
  private static let received = Atomic(false)

  /// Begins to listen for signals.
  static func listen() {
    received.store(false, ordering: .relaxed)
    for number in signals {
      signal(number) { _ in
        StopRequest.received.store(true, ordering: .relaxed)
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
        signal(SIGUSR1, SIG_DFL)
      }
    }
    unblock(signals)
  }

  /// Lets signals end the process again.
  static func stopListening() {
    for number in signals { signal(number, SIG_DFL) }
  }

  static var isMade: Bool { received.load(ordering: .relaxed) }
}

/// The last message of a process, made beforehand: a signal handler must not allocate.
@safe
private struct LastWords {
  private let bytes: UnsafeMutableBufferPointer<UInt8>

  /// Keeps `text` for as long as the process lives.
  init(_ text: String) {
    unsafe bytes = .allocate(capacity: text.utf8.count)
    _ = unsafe bytes.initialize(from: text.utf8)
  }

  /// Writes the message and ends the process.
  func end(_ status: ExitStatus) -> Never {
    _ = unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count)
    _exit(status.rawValue)
  }
}

/// The end of a process that loses its mapped weights.
///
/// If the mapped file is cut short, or its disk fails, the system sends SIGBUS, and the process
/// cannot go on.
enum LostMapping {
  nonisolated(unsafe) private static var lastWords: LastWords?

  /// Prepares the message about the weights at `path`.
  static func prepare(for path: FilePath) {
    unsafe lastWords = LastWords(
      """
      Error: the weights in \(path) could not be read when they were needed; the file was cut short \
      or its disk fails: look with 'crate-lm checkpoint verify'.

      """)
    signal(SIGBUS) { _ in unsafe LostMapping.lastWords?.end(.inputOutput) }
  }
}

/// The end of a process whose disk does not answer.
///
/// A thread cannot take back a write that hangs, so the alarm's handler ends the process. Published
/// files are whole, and the lock dies with the process.
enum WriteDeadline {
  nonisolated(unsafe) private static var lastWords: LastWords?
  nonisolated(unsafe) private static var seconds: UInt32 = 0

  /// Sets the longest time for a write to `path`.
  static func prepare(for path: FilePath, after limit: Duration) {
    unsafe lastWords = LastWords(
      """
      Error: writing to \(path) has taken more than \(limit.components.seconds) seconds; what was \
      published is whole: see to the disk and go on with --resume auto, or give --save-timeout.

      """)
    unsafe seconds = UInt32(clamping: limit.components.seconds)
    signal(SIGALRM) { _ in unsafe WriteDeadline.lastWords?.end(.inputOutput) }
    unblock([SIGALRM])
  }

  /// Starts the clock.
  static func set() {
    alarm(unsafe seconds)
  }

  /// Stops the clock.
  static func lift() {
    alarm(0)
  }
}
