/// The time that passes and updates spend in each part of their work, and the bytes that products
/// of vectors read.
///
/// Written by the thread that runs the pass only.
package final class Profile: Instruments, @unchecked Sendable {
  package let traffic: MemoryTraffic?
  private let clock = ContinuousClock()
  private var times: [WorkPart: Duration] = [:]
  /// The parts that have begun, the innermost last.
  private var open: [(start: ContinuousClock.Instant, nested: Duration)] = []

  /// A profile without times; `traffic` counts bytes, if somebody asks for them.
  package init(traffic: MemoryTraffic? = nil) {
    self.traffic = traffic
  }

  package func entered(_ part: WorkPart) {
    open.append((clock.now, .zero))
  }

  /// Counts the time of a part but for the parts inside of it.
  package func left(_ part: WorkPart) {
    guard let (start, nested) = open.popLast() else { return }
    let elapsed = clock.now - start
    times[part, default: .zero] += elapsed - nested
    if !open.isEmpty { open[open.count - 1].nested += elapsed }
  }

  /// The seconds in a part so far.
  package func seconds(_ part: WorkPart) -> Double { times[part, default: .zero] / .seconds(1) }

  /// Forgets what was measured.
  package func reset() {
    times.removeAll()
  }
}
