import Dispatch
import Synchronization

/// Two pieces of work that run at the same time.
enum SideBySide {
  /// Runs both to their end; each result is had with `get()`.
  static func run<First: Sendable, Second: Sendable>(
    _ first: @Sendable () throws -> First, _ second: @Sendable () throws -> Second
  ) -> (Result<First, any Error>, Result<Second, any Error>) {
    let other = Mutex<Result<Second, any Error>?>(nil)
    let one = Mutex<Result<First, any Error>?>(nil)
    DispatchQueue.concurrentPerform(iterations: 2) { part in
      if part == 0 {
        let result = Result(catching: first)
        one.withLock { $0 = result }
      } else {
        let result = Result(catching: second)
        other.withLock { $0 = result }
      }
    }
    return (
      one.withLock { $0 } ?? Result(catching: first),
      other.withLock { $0 } ?? Result(catching: second)
    )
  }
}
