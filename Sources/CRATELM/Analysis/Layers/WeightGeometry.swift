// swift-format-ignore-file: AlwaysUseLowerCamelCase
// U_h  [p, d]  the basis of a head's subspace, as rows       Q_h  the same, orthonormal
// V    [m, d]  the atoms of a dictionary, as rows

import Parallel

/// The subspaces of a layer beside each other.
enum SubspaceGeometry {
  /// ‖Q_h·Q_hʹᵀ‖_F²/p of every pair of heads, from the bases of all, `[K·p, d]`.
  static func overlaps(_ U: Matrix, headWidth: Int) throws(OutOfMemory) -> [Double] {
    var layout = Layout()
    let (basis, block) = (
      layout.reserve(U.rows, U.columns), layout.reserve(headWidth, headWidth)
    )
    let buffer = try Buffer(layout)
    let (Q, product) = (buffer[basis], buffer[block])
    Q.copy(from: U)
    let heads = (0..<U.rows / headWidth).map { Q.group($0, of: headWidth) }
    for head in heads { orthonormalize(head) }
    return heads.indices.flatMap { first in
      heads[..<first].map { other in
        multiply(heads[first], .plain, other, .transposed, into: product)
        return product.squaredNorm / Double(headWidth)
      }
    }
  }

  /// Makes the rows of `Q` orthonormal, each in the span of those up to it; a row in the span of
  /// those before it becomes zero.
  ///
  /// Gram and Schmidt's process, twice for each row, which keeps single precision.
  private static func orthonormalize(_ Q: Matrix) {
    for row in 0..<Q.rows {
      let length = Reductions.squaredNorm(Q[row])
      for _ in 0..<2 {
        for earlier in 0..<row {
          Reductions.add(Q[earlier], scale: -Reductions.dot(Q[earlier], Q[row]), to: Q[row])
        }
      }
      let rest = Reductions.squaredNorm(Q[row])
      let isDependent = rest <= 1e-12 * length
      Q[row].scale(by: isDependent ? 0 : Float(1 / rest.squareRoot()))
    }
  }

  /// exp(−Σ l log l) of the eigenvalues l of a positive semidefinite matrix, divided by their sum
  /// (Roy and Vetterli 2007).
  ///
  /// - Parameter S: the matrix by its rows.
  /// - Returns: 1 to the number of rows; `nil` for a matrix of trace 0.
  static func effectiveRank(_ S: [[Double]]) -> Double? {
    let trace = S.indices.reduce(0) { $0 + S[$1][$1] }
    guard trace > 0, trace.isFinite else { return nil }
    let entropy = SymmetricEigenvalues.of(S).reduce(0) { sum, value in
      let share = value / trace
      return share > 0 ? sum - share * share.logarithm : sum
    }
    return entropy.exponential
  }
}

/// The atoms of a dictionary beside each other.
enum DictionaryGeometry {
  /// The atoms whose products with all others are computed at once.
  private static let blockSize = 256

  /// The |cos| of all pairs of atoms.
  struct Coherence {
    var spread: Spread?
    var largest = 0.0
  }

  /// The coherence of a dictionary, whose atoms are its rows or its columns.
  static func coherence(
    _ D: Matrix, atomsAreColumns: Bool, workers: Workers
  ) throws(OutOfMemory) -> Coherence {
    let (count, width) = atomsAreColumns ? (D.columns, D.rows) : (D.rows, D.columns)
    var layout = Layout()
    let unit = layout.reserve(count, width)
    let blocks = (0..<workers.count).map { _ in layout.reserve(blockSize, count) }
    let buffer = try Buffer(layout)
    let V = buffer[unit]
    for atom in 0..<count {
      for index in 0..<width { V[atom][index] = atomsAreColumns ? D[index][atom] : D[atom][index] }
      let length = Reductions.squaredNorm(V[atom]).squareRoot()
      V[atom].scale(by: length > 0 ? Float(1 / length) : 0)
    }
    let blockCount = (count + blockSize - 1) / blockSize
    let (sums, squares, maxima) = (
      SharedDoubles(count: blockCount), SharedDoubles(count: blockCount),
      SharedDoubles(count: blockCount)
    )
    workers.forEachBlock(of: count, by: blockSize) { rows, block, worker in
      let C = buffer[blocks[worker]].rows(0..<rows.count).columns(0..<rows.upperBound)
      multiply(V.rows(rows), .plain, V.rows(0..<rows.upperBound), .transposed, into: C)
      for row in 0..<rows.count {
        for other in 0..<rows.lowerBound + row {
          let cosine = Double(abs(C[row][other]))
          sums[block] += cosine
          squares[block] += cosine * cosine
          maxima[block] = max(maxima[block], cosine)
        }
      }
    }
    let largest = (0..<blockCount).reduce(0) { max($0, maxima[$1]) }
    return Coherence(
      spread: Spread(count: count * (count - 1) / 2, sum: sums.sum, squares: squares.sum),
      largest: largest)
  }

  /// √((m − d)/(d(m − 1))), the least largest coherence of m atoms in d dimensions (Welch 1974); 0
  /// for at most d atoms.
  static func welchBound(atoms m: Int, width d: Int) -> Double {
    guard m > d else { return 0 }
    return (Double(m - d) / (Double(d) * Double(m - 1))).squareRoot()
  }
}

extension Spread {
  /// The spread of `count` values with this sum and sum of squares; `nil` for none.
  fileprivate init?(count: Int, sum: Double, squares: Double) {
    guard count > 0 else { return nil }
    mean = sum / Double(count)
    let rest = max(0, squares - sum * mean)
    deviation = count > 1 ? (rest / Double(count - 1)).squareRoot() : nil
  }
}

/// The eigenvalues of symmetric matrices.
enum SymmetricEigenvalues {
  private static let sweepLimit = 30

  /// The eigenvalues of a symmetric matrix by its rows, in no order: Jacobi's rotations (Golub and
  /// Van Loan, Matrix Computations, section 8.5).
  static func of(_ S: [[Double]]) -> [Double] {
    let n = S.count
    var A = Array(S.joined())
    let whole = A.reduce(0) { $0 + $1 * $1 }
    for _ in 0..<sweepLimit {
      var outside = 0.0
      for row in 0..<n {
        for column in 0..<row { outside += A[row * n + column] * A[row * n + column] }
      }
      guard outside > 1e-26 * whole else { break }
      for row in 0..<n { for column in 0..<row { rotate(&A, n, row, column) } }
    }
    return (0..<n).map { A[$0 * n + $0] }
  }

  /// Makes the elements (p, q) and (q, p) zero by a rotation of their two rows and columns.
  private static func rotate(_ A: inout [Double], _ n: Int, _ p: Int, _ q: Int) {
    let element = A[p * n + q]
    guard element != 0 else { return }
    let theta = (A[q * n + q] - A[p * n + p]) / (2 * element)
    let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
    let c = 1 / (t * t + 1).squareRoot()
    let s = t * c
    for k in 0..<n {
      let (a, b) = (A[p * n + k], A[q * n + k])
      A[p * n + k] = c * a - s * b
      A[q * n + k] = s * a + c * b
    }
    for k in 0..<n {
      let (a, b) = (A[k * n + p], A[k * n + q])
      A[k * n + p] = c * a - s * b
      A[k * n + q] = s * a + c * b
    }
  }
}
