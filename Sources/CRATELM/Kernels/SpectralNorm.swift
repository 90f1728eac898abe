// swift-format-ignore-file: AlwaysUseLowerCamelCase
// D  [m, d]  a matrix     σ_max(D)²  the largest eigenvalue of DᵀD     x  [d]  its eigenvector

/// The largest singular value of a matrix, by power iteration.
package enum SpectralNorm {
  /// With a gap of 10 % between the leading eigenvalues, the other components shrink 20-fold.
  private static let iterationCount = 32

  /// An estimate of `σ_max(D)²` from below: `|Dx|²` after iterating `x ← DᵀDx / |DᵀDx|`.
  ///
  /// The start is always the same: the result is a function of the matrix alone.
  ///
  /// - Parameters:
  ///   - D: the matrix.
  ///   - scratch: two rows of the width of `D`.
  /// - Returns: 0 for zeros, NaN or ∞ if `D` holds a NaN or an infinity.
  package static func squared(_ D: Matrix, scratch: Matrix) -> Double {
    let (x, next) = (scratch[0], scratch[1])
    var generator = SplitMix64(seed: 0, stream: "power iteration")
    for index in 0..<x.count { next[index] = Float(generator.gaussian()) }
    var estimate = 0.0
    for _ in 0..<iterationCount {
      let length = Reductions.squaredNorm(next)
      guard length > 0, length.isFinite else { return length }
      x.copy(from: next)
      x.scale(by: Float(1 / length.squareRoot()))
      next.fill(0)
      estimate = 0
      for atom in 0..<D.rows {
        let coordinate = Reductions.dot(D[atom], x)
        estimate += Double(coordinate) * Double(coordinate)
        Reductions.add(D[atom], scale: coordinate, to: next)
      }
    }
    return estimate
  }
}
