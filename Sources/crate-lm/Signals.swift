import Dispatch
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
/// The first SIGINT, SIGTERM or SIGUSR1 is a request, which another thread answers at once; the
/// second of any of them ends the process at once.
enum StopRequest {
  private static let signals = [SIGINT, SIGTERM, SIGUSR1]
  /// The number of the signal; 0 before there was one.
  private static let received = Atomic<Int32>(0)
  /// The pipe whose bytes wake the thread that answers; -1 for none.
  private static let bell = Atomic<Int32>(-1)
  /// The file that replaces standard input at a signal; -1 for none.
  private static let emptyInput = Atomic<Int32>(-1)

  /// Begins to listen for signals.
  ///
  /// - Parameters:
  ///   - endsInput: whether a signal also ends standard input, which may keep a program waiting.
  ///   - answer: called on another thread at the first signal.
  static func listen(
    endingInput endsInput: Bool = false, _ answer: (@Sendable () -> Void)? = nil
  ) {
    received.store(0, ordering: .relaxed)
    if endsInput, let nothing = try? FileDescriptor.open(FilePath("/dev/null"), .readOnly) {
      emptyInput.store(nothing.rawValue, ordering: .relaxed)
    }
    if let answer, let pipe = try? FileDescriptor.pipe() {
      bell.store(pipe.writeEnd.rawValue, ordering: .relaxed)
      DispatchQueue(label: "signals").async {
        var byte: UInt8 = 0
        let count = try? unsafe withUnsafeMutableBytes(of: &byte) {
          try unsafe pipe.readEnd.read(into: $0)
        }
        if count == 1 { answer() }
      }
    }
    for number in signals {
      signal(number) { number in
        let error = errno
        StopRequest.received.store(number, ordering: .relaxed)
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
        signal(SIGUSR1, SIG_DFL)
        let nothing = StopRequest.emptyInput.load(ordering: .relaxed)
        // The system restarts the interrupted read, on the new file.
        if nothing >= 0 { dup2(nothing, STDIN_FILENO) }
        var byte: UInt8 = 0
        _ = unsafe write(StopRequest.bell.load(ordering: .relaxed), &byte, 1)
        errno = error
      }
    }
    unblock(signals)
  }

  /// Ends the process by the received signal.
  static func obey() {
    stopListening()
    raise(received.load(ordering: .relaxed))
  }

  /// Lets signals end the process again.
  static func stopListening() {
    for number in signals { signal(number, SIG_DFL) }
  }

  static var isMade: Bool { received.load(ordering: .relaxed) != 0 }
}

/// The changes of the terminal's width.
enum TerminalWidth {
  /// The pipe whose bytes wake the thread that redraws; -1 for none.
  private static let bell = Atomic<Int32>(-1)

  /// Calls `redraw` on another thread after every change.
  static func follow(_ redraw: @escaping @Sendable () -> Void) {
    guard let pipe = try? FileDescriptor.pipe() else { return }
    bell.store(pipe.writeEnd.rawValue, ordering: .relaxed)
    DispatchQueue(label: "terminal").async {
      // One redrawing answers all changes that came meanwhile.
      var bytes = [UInt8](repeating: 0, count: 64)
      while true {
        let count = try? unsafe bytes.withUnsafeMutableBytes {
          try unsafe pipe.readEnd.read(into: $0)
        }
        guard let count, count > 0 else { return }
        redraw()
      }
    }
    signal(SIGWINCH) { _ in
      let error = errno
      var byte: UInt8 = 0
      _ = unsafe write(TerminalWidth.bell.load(ordering: .relaxed), &byte, 1)
      errno = error
    }
    unblock([SIGWINCH])
  }
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
