import FoundationEssentials
import Synchronization

/// The threads that share the work of one pass.
///
/// Its shape alone cuts work into tasks, never the number of threads, so that any number of threads
/// gives the same bits.
package struct Workers: Sendable {
  /// The number of threads.
  package let count: Int
  private let team: WorkerTeam

  /// A team of `count` threads, the calling one included.
  package init(count: Int) {
    precondition(count > 0, "\(count) threads")
    self.count = count
    team = WorkerTeam(helperCount: count - 1)
  }

  /// The number of processors this process may use.
  package static var available: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// Runs `body(task, worker)` once for every task in `0..<taskCount`, in no fixed order.
  ///
  /// Tasks with the same worker number never run at the same time, so each worker may own scratch
  /// memory. A call from within a task runs all its tasks one after the other as worker 0, whatever
  /// the worker of that task: they must not use such memory.
  package func forEach(_ taskCount: Int, _ body: @Sendable (_ task: Int, _ worker: Int) -> Void) {
    guard count > 1, taskCount > 1 else {
      for task in 0..<taskCount { body(task, 0) }
      return
    }
    let next = Atomic(0)
    let isDone = team.run { worker in
      while true {
        let task = next.add(1, ordering: .relaxed).oldValue
        guard task < taskCount else { return }
        body(task, worker)
      }
    }
    if !isDone { for task in 0..<taskCount { body(task, 0) } }
  }

  /// Runs `body` once for every block of at most `blockSize` consecutive rows.
  package func forEachBlock(
    of rows: Int, by blockSize: Int,
    _ body: @Sendable (_ rows: Range<Int>, _ block: Int, _ worker: Int) -> Void
  ) {
    forEach((rows + blockSize - 1) / blockSize) { block, worker in
      let start = block * blockSize
      body(start..<min(start + blockSize, rows), block, worker)
    }
  }
}
