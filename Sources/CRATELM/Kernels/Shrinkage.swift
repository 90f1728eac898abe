// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CKernels

/// The one-sided threshold of ISTA, `max(0, a − θ)`: the proximal operator of `θ‖·‖₁` on the
/// non-negative orthant.
package enum Shrinkage {
  /// Replaces `a` by `max(0, a − threshold)`; NaN stays NaN, no result is negative.
  package static func forward(_ A: Matrix, threshold: Float) {
    for row in 0..<A.rows { unsafe row_shrink(A[row].base, A.columns, threshold) }
  }

  /// The share of the columns whose elements are all 0 or less; a NaN keeps its column alive.
  package static func deadColumnShare(_ Z: Matrix) -> Double {
    let dead = (0..<Z.columns).count { column in
      (0..<Z.rows).allSatisfy { Z[$0][column] <= 0 }
    }
    return Double(dead) / Double(Z.columns)
  }

  /// Adds to every element of `counts` the number of positive elements in that column of `Z`; below
  /// 2²⁴ sums are exact.
  package static func countPositives(of Z: Matrix, into counts: Row) {
    precondition(Z.columns == counts.count, "\(Z.columns) columns into \(counts.count)")
    for index in 0..<Z.rows {
      let row = Z[index]
      for column in 0..<counts.count { counts[column] += row[column] > 0 ? 1 : 0 }
    }
  }

  /// Turns `dZ` into `dA` in place: 0 for every element of `Z` that is not positive, NaN included.
  package static func backward(_ dZ: Matrix, _ Z: Matrix) {
    precondition(Z.rows == dZ.rows && Z.columns == dZ.columns)
    for row in 0..<Z.rows {
      unsafe row_keep_where_positive(dZ[row].base, Z[row].base, Z.columns)
    }
  }
}
