// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [few, k]   vectors, of which there are too few to pay for packing the weights
// W  [m, k] or [k, m]  weights     Y = α·X·Wᵀ + β·Y or α·X·W + β·Y  [few, m]

package import Parallel
import Synchronization

/// Products of a few vectors with weights, which memory bounds: work is cut among the threads by
/// the shape of the weights, these are read once for all vectors, and what all of them multiply by
/// zero is not read.
///
/// The order of a sum is that of its index, whatever else the product computes, so that a vector
/// gives the same bits alone and among others, on any number of threads, and whether a zero is left
/// out or not. Weights must be finite: 0·∞ is NaN, so that a zero left out and one added would
/// differ.
package struct VectorProduct: Sendable {
  private let workers: Workers
  /// Told of what is read, where somebody asks.
  private let traffic: MemoryTraffic?

  package init(workers: Workers, traffic: MemoryTraffic?) {
    self.workers = workers
    self.traffic = traffic
  }

  /// The number of vectors from which on a product is one of matrices, where it may be.
  package static let rowLimit = 16

  /// The bytes of weights that one task reads, about.
  private static let bytesPerTask = 1 << 16
  /// The sums that one task computes of a combination of long rows: their parts stay in its cache.
  private static let sumsPerTask = 4096
  /// The columns that are one task's, at least: memory is slow in shorter pieces.
  private static let leastColumns = 512
  /// The length from which on a row is long, and cut.
  private static let longRow = 8192

  /// `Y = α·X·Wᵀ + β·Y`: an output is the inner product with a row.
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

  /// `Y = α·X·W + β·Y`: an output is a sum of the rows whose inputs are not zero.
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

  /// `Y = X·W + β·Y` for vectors that have been made ready, without the scales of rows.
  ///
  /// Each part of the inputs is summed up by itself. Short rows are read whole, each part by a
  /// task; of long ones a task reads its columns for all parts.
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

  /// Runs `body` with a matrix that ends with it and begins on a cache line.
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

/// The bytes that products of vectors read from memory.
package final class MemoryTraffic: Sendable {
  private let total = Atomic(0)

  package init() {}

  /// Counts `bytes` more.
  func read(_ bytes: Int) { total.add(bytes, ordering: .relaxed) }

  package var byteCount: Int { total.load(ordering: .relaxed) }
}
