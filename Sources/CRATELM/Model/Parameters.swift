package import Parallel
import Synchronization

/// A float for every parameter and every folded value of a model: θ itself, or its gradient.
package final class Parameters: Sendable {
  /// θ.
  package let values: Buffer
  /// The values that sublayers compute from θ once per update.
  package let folded: Buffer
  private let foldedOnce = Atomic(false)
  private let folding = Mutex(())

  /// Whether ``folded`` is up to date; a freshly loaded model generates its first tokens without.
  var isFolded: Bool {
    get { foldedOnce.load(ordering: .acquiring) }
    set { foldedOnce.store(newValue, ordering: .releasing) }
  }

  /// Does `fold` unless ``folded`` is up to date; several threads may ask at once.
  func foldOnce(_ fold: () -> Void) {
    folding.withLock { _ in
      if !isFolded { fold() }
    }
  }

  init(values: Buffer, folded: Buffer) {
    self.values = values
    self.folded = folded
  }

  init(_ blueprint: Blueprint) throws(OutOfMemory) {
    values = try Buffer(blueprint.parameters)
    folded = try Buffer(blueprint.declarations.folded)
  }

  /// Sets every value to zero.
  package func clear(workers: Workers = Workers(threads: 1)) {
    values.clear(workers: workers)
    folded.clear(workers: workers)
  }

  /// Adds the parameters of `other`; folded values stay.
  func add(_ other: Parameters, workers: Workers) {
    values.add(other.values, workers: workers)
  }
}

extension Buffer {
  /// The floats of one task.
  private static let floatsPerTask = 1 << 18

  /// Sets every float to zero, one range per task.
  fileprivate func clear(workers: Workers) {
    workers.forEachBlock(of: count, by: Self.floatsPerTask) { range, _, _ in all[range].fill(0) }
  }

  /// Adds every float of `other`, one range per task.
  fileprivate func add(_ other: Buffer, workers: Workers) {
    workers.forEachBlock(of: count, by: Self.floatsPerTask) { range, _, _ in
      Reductions.add(other.all[range], to: all[range])
    }
  }
}
