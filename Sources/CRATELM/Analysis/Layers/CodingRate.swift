// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Z  [T, n]  a sequence, its tokens as rows        ε  the distortion        α = n / (T·ε²)
// R(Z) = ½ log det(I + α·ZᵀZ) = ½ log det(I + α·ZZᵀ)

/// The coding rate of a sequence: the nats that code a token up to an error of ε, as if the tokens
/// were Gaussian.
///
/// By Ma, Derksen, Hong and Wright 2007; in CRATE, Yu and others 2023, arXiv:2311.13110.
/// With `Z·U_kᵀ` for Z it is a term of `R^c(Z | U) = Σ_k R(Z·U_kᵀ)`, the rate in subspaces.
enum CodingRate {
  /// R of `Z`, every row times a weight.
  ///
  /// - Parameters:
  ///   - Z: `[T, n]`.
  ///   - weights: the weight of each token; `nil` for 1.
  ///   - scale: the square of a factor of all rows.
  ///   - epsilon: ε.
  ///   - scratch: room for `[T, n]` and `[m, m]` with m the smaller of T and n.
  /// - Returns: R in nats per token; NaN for a NaN or an infinity.
  static func rate(
    _ Z: Matrix, weights: Row? = nil, scale: Double = 1, epsilon: Double, scratch: Scratch
  ) -> Double {
    let (T, n) = (Z.rows, Z.columns)
    let S = scratch.square(min(T, n))
    var A = Z
    if let weights {
      A = scratch.copy.rows(0..<T).columns(0..<n)
      for row in 0..<T {
        A[row].copy(from: Z[row])
        A[row].scale(by: weights[row])
      }
    }
    SymmetricProduct.square(
      A, T <= n ? .plain : .transposed, intoLowerHalfOf: S, alpha: alpha(Z, epsilon, scale))
    return halfLogDeterminant(ofOnePlus: S)
  }

  /// R of `Z` with weights of its rows and without, which share ZZᵀ if that is the smaller product.
  static func rates(
    _ Z: Matrix, weights: Row, scale: Double, epsilon: Double, scratch: Scratch
  ) -> (weighted: Double, plain: Double) {
    let T = Z.rows
    guard T <= Z.columns else {
      return (
        rate(Z, weights: weights, epsilon: epsilon, scratch: scratch),
        rate(Z, scale: scale, epsilon: epsilon, scratch: scratch)
      )
    }
    let (G, S) = (scratch.copy.rows(0..<T).columns(0..<T), scratch.square(T))
    SymmetricProduct.square(Z, intoLowerHalfOf: G)
    let alpha = alpha(Z, epsilon, 1)
    for row in 0..<T {
      let (from, to, weight) = (G[row], S[row], alpha * weights[row])
      for column in 0...row { to[column] = from[column] * weights[column] * weight }
      from[0..<row + 1].scale(by: alpha * Float(scale))
    }
    return (halfLogDeterminant(ofOnePlus: S), halfLogDeterminant(ofOnePlus: G))
  }

  private static func alpha(_ Z: Matrix, _ epsilon: Double, _ scale: Double) -> Float {
    Float(Double(Z.columns) / (Double(Z.rows) * epsilon * epsilon) * scale)
  }

  /// `½ log det(I + S)`; only the lower half of `S` is read, and overwritten.
  private static func halfLogDeterminant(ofOnePlus S: Matrix) -> Double {
    for index in 0..<S.rows { S[index][index] += 1 }
    return SymmetricProduct.logDeterminant(lowerHalfOf: S) / 2
  }

  /// The memory of one task.
  struct Scratch {
    let copy: Matrix
    let squares: Matrix

    /// Room for `[size, size]`.
    func square(_ size: Int) -> Matrix { squares.rows(0..<size).columns(0..<size) }
  }
}
