// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [few, k]   vectors, too few to pay for packing the weights
// W  [m, k] or [k, m]  weights     Y = α·X·Wᵀ + β·Y or α·X·W + β·Y  [few, m]

package import Parallel
import Synchronization

/// Products of a few vectors with weights, bounded by memory.
///
/// The shape of the weights cuts the work among the threads. Weights are read once for all vectors;
/// weights that meet zeros of all vectors are not read.
///
/// A sum runs in the order of its index, whatever else the product computes. So a vector gives the
/// same bits alone and among others, on any number of threads, and with its zeros added or left
/// out. Weights must be finite: 0·∞ is NaN, and leaving out the 0 would hide it.
package struct VectorProduct: Sendable {
  private let workers: Workers
  /// The counter of the bytes read, if any.
  private let traffic: MemoryTraffic?

  package init(workers: Workers, traffic: MemoryTraffic?) {
    self.workers = workers
    self.traffic = traffic
  }

  /// The least number of vectors for a product of matrices.
  package static let rowLimit = 16

  /// The bytes of weights that one task reads, approximately.
  private static let bytesPerTask = 1 << 16
  /// The sums of one task in a combination of long rows: their parts stay in its cache.
  private static let sumsPerTask = 4096
  /// The least columns of a task: memory is slow in shorter pieces.
  private static let leastColumns = 512
  /// The least length of a long row, which is cut among tasks.
  private static let longRow = 8192

  /// `Y = α·X·Wᵀ + β·Y`: an output is an inner product with a row of `W`.
  ///
  /// - Parameters:
  ///   - X: `[few, k]`.
  ///   - W: `[m, k]`.
  ///   - Y: `[few, m]`.
  ///   - alpha: α.
  ///   - beta: β; 0 overwrites.
  package func multiplyTransposed(
    _ X: Matrix, _ W: StoredMatrix, into Y: Matrix, alpha: Float, beta: Float
  ) {
    precondition(X.columns == W.columns && Y.columns == W.rows && X.rows == Y.rows)
    let rowsPerTask = max(8, Self.bytesPerTask / (W.columns * W.format.byteCount) / 8 * 8)
    workers.forEachBlock(of: W.rows, by: rowsPerTask) { rows, _, _ in
      W.rowDots(X, rows: rows, into: Y.columns(rows), alpha: alpha, beta: beta)
    }
    traffic?.read(W.rows * W.columns * W.format.byteCount)
  }

  /// `Y = α·X·W + β·Y`: an output sums the rows of `W` whose inputs are not zero.
  ///
  /// - Parameters:
  ///   - X: `[few, k]`.
  ///   - W: `[k, m]`.
  ///   - Y: `[few, m]`.
  ///   - alpha: α.
  ///   - beta: β; 0 overwrites.
  package func multiply(
    _ X: Matrix, _ W: StoredMatrix, into Y: Matrix, alpha: Float, beta: Float
  ) {
    precondition(X.columns == W.rows)
    let inputs = SparseInputs(X, alpha: { _ in alpha }, scales: W.rowScales)
    multiply(inputs, W, into: Y, beta: beta)
  }

  /// `Y = X·W + β·Y` for prepared inputs, without the row scales of `W`.
  ///
  /// Every part of the inputs is summed up by itself. Short rows are read whole, one part by each
  /// task; of long rows, a task reads its columns for all parts.
  func multiply(_ inputs: SparseInputs, _ W: StoredMatrix, into Y: Matrix, beta: Float) {
    precondition(Y.columns == W.columns && Y.rows == inputs.vectorCount)
    let columnsPerTask = max(Self.leastColumns, Self.sumsPerTask / Y.rows / 64 * 64)
    workers.forEachBlock(
      of: W.columns, by: W.columns < Self.longRow ? W.columns : columnsPerTask
    ) { columns, _, _ in
      withTemporaryMatrix(rows: inputs.partCount * Y.rows, columns: columns.count) { parts in
        workers.forEach(inputs.partCount) { part, _ in
          W.combination(inputs[part], columns: columns, into: parts.group(part, of: Y.rows))
        }
        workers.forEach(Y.rows) { vector, _ in
          W.add(
            parts.rows(vector..<parts.rows), every: Y.rows, columns: columns,
            to: Y[vector][columns], beta: beta)
        }
      }
    }
    traffic?.read(inputs.count * W.columns * W.format.byteCount)
  }

  /// Runs `body` with a matrix that begins on a cache line and is valid during the call.
  private func withTemporaryMatrix(rows: Int, columns: Int, _ body: (Matrix) -> Void) {
    let byteCount = max(1, rows * columns) * MemoryLayout<Float>.stride
    unsafe withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 64) { memory in
      guard let base = memory.baseAddress else { return }
      unsafe body(
        Matrix(
          base: base.bindMemory(to: Float.self, capacity: rows * columns), rows: rows,
          columns: columns, stride: columns))
    }
  }
}

/// A counter of the bytes that products of vectors read from memory.
package final class MemoryTraffic: Sendable {
  private let total = Atomic(0)

  package init() {}

  /// Counts `bytes` more.
  func read(_ bytes: Int) { total.add(bytes, ordering: .relaxed) }

  package var byteCount: Int { total.load(ordering: .relaxed) }
}
