// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// The one-sided threshold of ISTA, `max(0, a − θ)`: the proximal operator of `θ‖·‖₁` on the
/// non-negative orthant.
package enum Shrinkage {
  /// Replaces `a` by `max(0, a − threshold)`.
  package static func forward(_ A: Matrix, threshold: Float) {
    for row in 0..<A.rows {
      let a = A[row]
      for index in 0..<a.count {
        let excess = a[index] - threshold
        // Not `max`, which would take what is not a number for 0.
        a[index] = excess < 0 ? 0 : excess
      }
    }
  }

  /// The share of the columns of a code that are zero in every row.
  package static func deadColumnShare(_ Z: Matrix) -> Double {
    let dead = (0..<Z.columns).count { column in
      (0..<Z.rows).allSatisfy { Z[$0][column] == 0 }
    }
    return Double(dead) / Double(Z.columns)
  }

  /// `dA = dZ` where the result `Z` is positive, else 0.
  package static func backward(_ dZ: Matrix, _ Z: Matrix, into dA: Matrix) {
    for row in 0..<Z.rows {
      let (z, dz, da) = (Z[row], dZ[row], dA[row])
      for index in 0..<z.count { da[index] = z[index] > 0 ? dz[index] : 0 }
    }
  }
}
