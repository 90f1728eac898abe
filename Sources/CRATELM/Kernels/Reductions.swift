import CKernels

/// Sums over rows and columns, in an order fixed by the shape; NaN and infinities follow IEEE 754.
package enum Reductions {
  /// The inner product of two rows; 0 for empty rows.
  package static func dot(_ a: Row, _ b: Row) -> Float {
    precondition(a.count == b.count, "\(a.count) and \(b.count) floats")
    return unsafe row_dot(a.base, b.base, a.count)
  }

  /// The sum of the squares of a row in double precision, finite for finite floats.
  package static func squaredNorm(_ row: Row) -> Double {
    unsafe row_squared_norm(row.base, row.count)
  }

  /// Adds the sum of the rows of `X` to `total`.
  package static func addColumnSums(of X: Matrix, to total: Row) {
    precondition(X.columns == total.count, "\(X.columns) columns into \(total.count)")
    for row in 0..<X.rows { add(X[row], to: total) }
  }

  /// Adds `scale · x` to `y`.
  package static func add(_ x: Row, scale: Float = 1, to y: Row) {
    precondition(x.count == y.count, "\(x.count) floats to \(y.count)")
    unsafe row_add_scaled(x.base, scale, y.base, x.count)
  }

  /// Adds `row` to every row of `X`.
  package static func add(_ row: Row, toRowsOf X: Matrix) {
    precondition(X.columns == row.count, "\(row.count) floats to \(X.columns) columns")
    for index in 0..<X.rows { add(row, to: X[index]) }
  }

  /// Adds `X` to `Y`, which has the same shape.
  package static func add(_ X: Matrix, to Y: Matrix) {
    precondition(
      X.rows == Y.rows && X.columns == Y.columns,
      "[\(X.rows), \(X.columns)] to [\(Y.rows), \(Y.columns)]")
    for row in 0..<X.rows { add(X[row], to: Y[row]) }
  }

  /// `y = a + b`; `y` overlaps neither.
  package static func sum(_ a: Row, _ b: Row, into y: Row) {
    precondition(
      a.count == y.count && b.count == y.count, "\(a.count) + \(b.count) floats in \(y.count)")
    unsafe row_sum_of_two(a.base, b.base, y.base, y.count)
  }
}

extension Matrix {
  /// The sum of the squares of all elements in double precision, finite for finite floats.
  package var squaredNorm: Double {
    (0..<rows).reduce(0) { $0 + Reductions.squaredNorm(self[$1]) }
  }
}
