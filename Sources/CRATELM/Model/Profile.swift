/// A record of the time spent in each part of the work, and of the bytes that products of vectors
/// read.
///
/// Only the thread that runs the pass writes it.
package final class Profile: Instruments, @unchecked Sendable {
  package let traffic: MemoryTraffic?
  private let clock = ContinuousClock()
  private var times: [WorkPart: Duration] = [:]
  /// The parts that have begun, the innermost last.
  private var open: [(start: ContinuousClock.Instant, nested: Duration)] = []

  /// An empty profile; `traffic` counts bytes, if given.
  package init(traffic: MemoryTraffic? = nil) {
    self.traffic = traffic
  }

  package func entered(_ part: WorkPart) {
    open.append((clock.now, .zero))
  }

  /// Counts the time of a part without the parts inside it.
  package func left(_ part: WorkPart) {
    guard let (start, nested) = open.popLast() else { return }
    let elapsed = clock.now - start
    times[part, default: .zero] += elapsed - nested
    if !open.isEmpty { open[open.count - 1].nested += elapsed }
  }

  /// The seconds spent in a part so far.
  package func seconds(_ part: WorkPart) -> Double { times[part, default: .zero] / .seconds(1) }

  /// Sets all times to zero.
  package func reset() {
    times.removeAll()
  }
}
