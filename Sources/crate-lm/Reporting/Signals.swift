import Glibc

/// What signals have in common, whatever they are taken for.
enum Signals {
  /// Lets `numbers` through, which whoever started this process may have left blocked.
  static func unblock(_ numbers: [Int32]) {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for number in numbers { unsafe sigaddset(&set, number) }
    unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }
}
