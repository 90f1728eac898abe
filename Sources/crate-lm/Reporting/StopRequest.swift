import Glibc
import Synchronization

/// Whether the user or the system asked this process to end.
///
/// The first SIGINT, SIGTERM or SIGUSR1 is a request; the second, whichever it is, ends the process
/// at once.
enum StopRequest {
  private static let signals = [SIGINT, SIGTERM, SIGUSR1]
  private static let received = Atomic(false)

  /// Begins to listen.
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
    Signals.unblock(signals)
  }

  /// Lets signals end the process again.
  static func stopListening() {
    for number in signals { signal(number, SIG_DFL) }
  }

  static var isMade: Bool { received.load(ordering: .relaxed) }
}
