import Dispatch

/// A value that another thread makes while this one goes on.
final class Background<Value: Sendable>: @unchecked Sendable {
  private let queue = DispatchQueue(label: "background")
  private let make: @Sendable () -> Value
  /// Touched on the queue only.
  private lazy var made = make()

  /// Begins to make the value.
  init(_ make: @escaping @Sendable () -> Value) {
    self.make = make
    queue.async { [self] in _ = made }
  }

  /// The value, waited for until it is made.
  var value: Value { queue.sync { made } }
}
