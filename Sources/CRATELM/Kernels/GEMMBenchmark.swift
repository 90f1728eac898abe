import Parallel

/// The rate of the BLAS on this machine: the bound of training.
public enum GEMMBenchmark {
  /// Measures square products, one on each thread at a time.
  ///
  /// - Parameters:
  ///   - threads: the number of threads.
  ///   - size: the order of the matrices.
  ///   - seconds: the least duration of the measurement; the best of its rounds counts.
  /// - Returns: floating-point operations per second.
  /// - Throws: ``OutOfMemory``.
  public static func operationsPerSecond(
    threads: Int, size: Int = 768, seconds: Double = 0.5
  ) throws -> Double {
    let workers = Workers(threads: min(threads, Workers.available))
    var layout = Layout()
    let slots = (0..<workers.count).map { _ in (0..<3).map { _ in layout.reserve(size, size) } }
    let buffer = try Buffer(layout)
    for index in 0..<buffer.count { buffer.all[index] = Float(index % 7) * 0.1 }
    let clock = ContinuousClock()
    let start = clock.now
    var best = Duration.seconds(Int64.max)
    repeat {
      let round = clock.now
      workers.forEach(workers.count) { task, _ in
        let matrices = slots[task].map { buffer[$0] }
        for _ in 0..<4 {
          multiply(
            matrices[0], .plain, matrices[1], .plain, into: matrices[2], alpha: 1, beta: 0)
        }
      }
      best = min(best, clock.now - round)
    } while clock.now - start < .seconds(seconds)
    return 4 * Double(workers.count) * 2 * Double(size * size * size) / (best / .seconds(1))
  }
}
