// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// The number of rows of a weight gradient that one task computes.
private let rowsPerTask = 128

extension Workers {
  /// `C ← C + α·Aᵀ·B`, a weight's gradient, cut by the rows of `C`.
  ///
  /// - Parameters:
  ///   - A: `[tokens, m]`.
  ///   - B: `[tokens, n]`.
  ///   - C: `[m, n]`.
  ///   - alpha: α.
  func addTransposedProduct(_ A: Matrix, _ B: Matrix, to C: Matrix, alpha: Float = 1) {
    forEachBlock(of: C.rows, by: rowsPerTask) { rows, _, _ in
      multiply(A.columns(rows), .transposed, B, .plain, into: C.rows(rows), alpha: alpha, beta: 1)
    }
  }
}
