// swift-format-ignore-file: AlwaysUseLowerCamelCase
// A token is a row here and a column in the papers: their U·Z is Z·Uᵀ.

/// Every operator of a layer in double precision, term by term as the papers write it.
///
/// No loop is fused, no matrix folded, nothing cut into tiles: read the mathematics here, the speed
/// in the kernels and sublayers. A token meets, in this order, `embedding`, `layerNorm`, `mssa` (in
/// a transformer `multiHeadAttention`), `ista` or `overcompleteCode` (in a transformer `dense`, an
/// `activation` and `dense`) and `crossEntropy`. The tests compare the kernels with these numbers,
/// and gradients with their central differences.
///
/// Matrices have at least one row, and all their rows have one length.
package enum Reference {
  /// A matrix by its rows, such as `[tokens, width]`.
  package typealias Rows = [[Double]]

  /// A·B.
  package static func product(_ A: Rows, _ B: Rows) -> Rows {
    A.map { a in B[0].indices.map { j in a.indices.reduce(0) { $0 + a[$1] * B[$1][j] } } }
  }

  /// Aᵀ.
  package static func transposed(_ A: Rows) -> Rows {
    A[0].indices.map { j in A.map { $0[j] } }
  }

  /// A + scale · B.
  package static func sum(_ A: Rows, _ B: Rows, scale: Double = 1) -> Rows {
    zip(A, B).map { zip($0, $1).map { $0 + scale * $1 } }
  }

  /// X·Wᵀ, plus b for every token if there is one: `X` is `[tokens, in]`, `W` `[out, in]`.
  package static func dense(_ X: Rows, _ W: Rows, bias b: [Double]? = nil) -> Rows {
    let Y = product(X, transposed(W))
    guard let b else { return Y }
    return Y.map { zip($0, b).map { $0 + $1 } }
  }
}
