import Parallel

/// The rate of reading memory: the bound of generation.
struct MemoryBenchmark {
  private let workers: Workers
  private let buffer: Buffer
  private let sums: SharedDoubles

  /// More than a processor's caches hold.
  private static let floatCount = 1 << 26
  private static let floatsPerTask = 1 << 18

  /// Reserves and fills the 256 MiB to read.
  init(workers: Workers) throws(OutOfMemory) {
    self.workers = workers
    buffer = try Buffer(count: Self.floatCount)
    sums = SharedDoubles(count: Self.floatCount / Self.floatsPerTask)
    workers.forEachBlock(of: Self.floatCount, by: Self.floatsPerTask) { [buffer] range, _, _ in
      buffer.all[range].fill(1)
    }
  }

  /// Adds up all floats once and returns the bytes read per second.
  func bytesPerSecond() -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    workers.forEachBlock(of: Self.floatCount, by: Self.floatsPerTask) {
      [buffer, sums] range, task, _ in
      sums[task] = Double(buffer.all[range].total)
    }
    return Double(4 * Self.floatCount) / ((clock.now - start) / .seconds(1))
  }
}
