import Glibc

/// What a process says when the handler of a signal ends it: made before, since a handler must not
/// allocate.
@safe
struct LastWords {
  private let bytes: UnsafeMutableBufferPointer<UInt8>

  /// Keeps `text` for as long as the process lives.
  init(_ text: String) {
    unsafe bytes = .allocate(capacity: text.utf8.count)
    _ = unsafe bytes.initialize(from: text.utf8)
  }

  /// Says it and ends the process.
  func end(_ status: ExitStatus) -> Never {
    _ = unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count)
    _exit(status.rawValue)
  }
}
