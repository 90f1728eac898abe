import FoundationEssentials
import Synchronization

/// The threads that share the work of one pass.
///
/// Work is cut into tasks by its shape alone, never by the number of threads, so that results are
/// the same bits on any number of them. Every task calls the BLAS with one thread.
package struct Workers: Sendable {
  /// The number of threads.
  package let count: Int
  private let team: WorkerTeam

  /// As many threads as asked for, or one where the BLAS may not be called by several at once.
  package init(count: Int) {
    precondition(count > 0, "\(count) threads")
    self.count = BLAS.selected.allowsConcurrentCalls ? count : 1
    team = WorkerTeam(helperCount: self.count - 1)
  }

  /// The number of processors this process may use.
  package static var available: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// Runs `body(task, worker)` for every task in `0..<taskCount`, each once, in no fixed order.
  ///
  /// Tasks that share a worker number never run at the same time, so that each worker may own
  /// scratch memory. A call from within a task runs its own tasks one after the other.
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

  /// Runs `body` for every block of at most `blockSize` consecutive rows.
  package func forEachBlock(
    of rows: Int, by blockSize: Int,
    _ body: @Sendable (_ rows: Range<Int>, _ block: Int, _ worker: Int) -> Void
  ) {
    forEach((rows + blockSize - 1) / blockSize) { block, worker in
      let start = block * blockSize
      body(start..<min(start + blockSize, rows), block, worker)
    }
  }
  /// Runs `body` for every tile of at most `rows × columns` elements of a matrix.
  func forEachTile(
    of matrix: Matrix, rows: Int, columns: Int,
    _ body: @Sendable (_ rows: Range<Int>, _ columns: Range<Int>) -> Void
  ) {
    let columnBlocks = (matrix.columns + columns - 1) / columns
    let rowBlocks = (matrix.rows + rows - 1) / rows
    forEach(rowBlocks * columnBlocks) { task, _ in
      let (row, column) = (task / columnBlocks * rows, task % columnBlocks * columns)
      body(
        row..<min(row + rows, matrix.rows), column..<min(column + columns, matrix.columns))
    }
  }
}
