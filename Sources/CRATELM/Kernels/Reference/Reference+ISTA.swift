// swift-format-ignore-file: AlwaysUseLowerCamelCase
// u  [tokens, d]  the normalised stream       V  [m, d]  a dictionary, its atoms as rows
// z  [tokens, m]  a code: u ≈ z·V, z ≥ 0      η, λ  step size and sparsity penalty

extension Reference {
  /// One step of ISTA from `z` towards a sparse code of `u`.
  ///
  ///     max(0, z + η(u − z·V)·Vᵀ − ηλ)
  ///
  /// This is a gradient step on ½‖u − z·V‖² and the proximal operator of ηλ‖z‖₁ on non-negative
  /// codes (Beck and Teboulle 2009, with a one-sided threshold). Steps converge if η times the
  /// square of the largest singular value of `V` is below 2.
  package static func istaStep(
    _ z: Rows, of u: Rows, dictionary V: Rows, stepSize: Double, penalty: Double
  ) -> Rows {
    let unexplained = sum(u, product(z, V), scale: -1)
    return sum(z, product(unexplained, transposed(V)), scale: stepSize)
      .map { $0.map { max(0, $0 - stepSize * penalty) } }
  }

  /// The layer of `crate`: one step in a complete dictionary `D`, `[d, d]`, from `u` itself.
  ///
  ///     ISTA(Z | D) = ReLU(Z − η·Dᵀ(D·Z − Z) − ηλ·1)
  ///
  /// Yu and others 2023, arXiv:2306.01129, eq. ISTA. The atoms are the columns of `D`. The code is
  /// the stream of the next layer: there is no residual.
  package static func ista(
    _ u: Rows, dictionary D: Rows, stepSize: Double, penalty: Double
  ) -> Rows {
    istaStep(u, of: u, dictionary: transposed(D), stepSize: stepSize, penalty: penalty)
  }

  /// The layer of `crate-overcomplete` and `crate-alpha` before it is decoded: two steps from zero
  /// in a dictionary of more atoms than the stream is wide.
  ///
  ///     A_t = S(A_{t−1} − η·Dᵀ(D·A_{t−1} − LN(Z))),  A_0 = 0
  ///
  /// Bai and others 2024, arXiv:2410.16443; Yang and others 2024, arXiv:2405.20299. The first step
  /// is max(0, η·u·Vᵀ − ηλ), as A_0 explains nothing. Decoding gives `z·V`; `crate-alpha` decodes
  /// with another dictionary and adds the result to the stream.
  package static func overcompleteCode(
    _ u: Rows, dictionary V: Rows, stepSize: Double, penalty: Double
  ) -> Rows {
    var code = u.map { _ in [Double](repeating: 0, count: V.count) }
    for _ in 0..<2 {
      code = istaStep(code, of: u, dictionary: V, stepSize: stepSize, penalty: penalty)
    }
    return code
  }
}
