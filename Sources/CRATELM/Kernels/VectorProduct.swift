// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [few, k]   vectors, of which there are too few to pay for packing the weights
// W  [m, k] or [k, m]  weights     Y = α·X·Wᵀ + β·Y or α·X·W + β·Y  [few, m]

package import Parallel
import Synchronization

/// Products of a few vectors with weights, which memory bounds: work is cut among the threads by
/// the shape of the weights, and what is multiplied by zero is not read.
package struct VectorProduct: Sendable {
  private let workers: Workers
  /// Told of what is read, where somebody asks.
  private let traffic: MemoryTraffic?

  package init(workers: Workers, traffic: MemoryTraffic?) {
    self.workers = workers
    self.traffic = traffic
  }

  /// The number of vectors from which on a product is one of matrices.
  package static let rowLimit = 16

  /// The bytes of weights that one task reads, about.
  private static let bytesPerTask = 1 << 16
  /// The rows whose combination is one task's, where rows are short.
  private static let rowsPerPart = 96
  /// The columns of a combination that are one task's, where rows are long.
  private static let columnsPerTask = 2048
  private static let leastColumns = 4 * columnsPerTask

  /// What a matrix of `[rows, columns]` needs of scratch for its combinations: rows, of its columns.
  package static func partCount(rows: Int, columns: Int) -> Int {
    columns >= leastColumns ? 0 : (rows + rowsPerPart - 1) / rowsPerPart
  }

  /// `Y = α·X·Wᵀ + β·Y`: an output is the inner product with a row.
  ///
  /// - Parameters:
  ///   - X: `[few, k]`.
  ///   - W: `[m, k]`.
  ///   - Y: `[few, m]`.
  ///   - alpha: α.
  ///   - beta: β; 0 overwrites.
  package func multiplyTransposed(
    _ X: Matrix, _ W: WeightMatrix, into Y: Matrix, alpha: Float, beta: Float
  ) {
    precondition(X.columns == W.columns && Y.columns == W.rows && X.rows == Y.rows)
    let rowsPerTask = max(8, Self.bytesPerTask / (W.columns * W.format.byteCount) / 8 * 8)
    workers.forEachBlock(of: W.rows, by: rowsPerTask) { rows, _, _ in
      for row in 0..<X.rows {
        W.rowDots(X[row], rows: rows, into: Y[row][rows], alpha: alpha, beta: beta)
      }
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
  ///   - parts: scratch of ``partCount(rows:columns:)`` rows.
  package func multiply(
    _ X: Matrix, _ W: WeightMatrix, into Y: Matrix, alpha: Float, beta: Float, parts: Matrix
  ) {
    precondition(X.columns == W.rows && Y.columns == W.columns && X.rows == Y.rows)
    for row in 0..<X.rows {
      let inputs = SparseInputs(X[row], alpha: alpha, scales: W.rowScales)
      multiply(inputs, W, into: Y[row], beta: beta, parts: parts)
    }
  }

  /// `y = x·W + β·y` for a vector that has been made ready, without the scales of rows.
  func multiply(
    _ inputs: SparseInputs, _ W: WeightMatrix, into y: Row, beta: Float, parts: Matrix
  ) {
    if W.columns >= Self.leastColumns {
      combineByColumns(inputs, W, into: y, beta: beta)
    } else {
      combineByRows(inputs, W, into: y, beta: beta, parts: parts)
    }
    traffic?.read(inputs.count * W.columns * W.format.byteCount)
  }

  private func combineByColumns(
    _ inputs: SparseInputs, _ W: WeightMatrix, into y: Row, beta: Float
  ) {
    workers.forEachBlock(of: W.columns, by: Self.columnsPerTask) { columns, _, _ in
      guard beta != 0 else { return W.combination(inputs.all, columns: columns, into: y[columns]) }
      var sums = InlineArray<2048, Float>(repeating: 0)
      var span = sums.mutableSpan
      unsafe span.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        let part = unsafe Row(base: base, count: columns.count)
        W.combination(inputs.all, columns: columns, into: part)
        y[columns].scale(by: beta)
        Reductions.add(part, to: y[columns])
      }
    }
  }

  private func combineByRows(
    _ inputs: SparseInputs, _ W: WeightMatrix, into y: Row, beta: Float, parts: Matrix
  ) {
    workers.forEachBlock(of: inputs.count, by: Self.rowsPerPart) { range, part, _ in
      W.combination(inputs[range], columns: 0..<W.columns, into: parts[part])
    }
    if beta == 0 { y.fill(0) } else { y.scale(by: beta) }
    let count = (inputs.count + Self.rowsPerPart - 1) / Self.rowsPerPart
    for part in 0..<count { Reductions.add(parts[part], to: y) }
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
