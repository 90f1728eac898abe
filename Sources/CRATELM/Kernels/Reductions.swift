/// Sums over rows and columns, in an order fixed by the shape.
package enum Reductions {
  /// The inner product of two rows.
  package static func dot(_ a: Row, _ b: Row) -> Float {
    precondition(a.count == b.count, "\(a.count) and \(b.count) floats")
    var sum = SIMD16<Float>()
    var index = 0
    while index < a.count {
      sum += a.lanes(at: index, padding: 0) * b.lanes(at: index, padding: 0)
      index &+= 16
    }
    return sum.sum()
  }

  /// The sum of the squares of a row, in double precision.
  package static func squaredNorm(_ row: Row) -> Double {
    var sum = SIMD8<Double>()
    var index = 0
    while index < row.count {
      let lanes = row.lanes(at: index, padding: 0)
      let low = SIMD8<Double>(lanes.lowHalf)
      let high = SIMD8<Double>(lanes.highHalf)
      sum += low * low + high * high
      index &+= 16
    }
    return sum.sum()
  }

  /// Adds the sum of the rows of `X` to `total`.
  package static func addColumnSums(of X: Matrix, to total: Row) {
    precondition(X.columns == total.count, "\(X.columns) columns into \(total.count)")
    for row in 0..<X.rows {
      let x = X[row]
      for index in 0..<total.count { total[index] += x[index] }
    }
  }

  /// Adds `scale · x` to `y`.
  package static func add(_ x: Row, scale: Float, to y: Row) {
    precondition(x.count == y.count, "\(x.count) floats to \(y.count)")
    for index in 0..<y.count { y[index] += scale * x[index] }
  }

  /// Adds `row` to every row of `X`.
  package static func add(_ row: Row, toRowsOf X: Matrix) {
    precondition(X.columns == row.count, "\(row.count) floats to \(X.columns) columns")
    for index in 0..<X.rows {
      let x = X[index]
      for column in 0..<x.count { x[column] += row[column] }
    }
  }

  /// Adds `X`, which has the same shape, to `Y`.
  package static func add(_ X: Matrix, to Y: Matrix) {
    precondition(
      X.rows == Y.rows && X.columns == Y.columns,
      "[\(X.rows), \(X.columns)] to [\(Y.rows), \(Y.columns)]")
    for row in 0..<X.rows {
      let (x, y) = (X[row], Y[row])
      for column in 0..<y.count { y[column] += x[column] }
    }
  }
}
