// swift-format-ignore-file: AlwaysUseLowerCamelCase
// A token is a row here, where papers write it as a column: their U·Z is Z·Uᵀ.

/// Every operator of a layer in double precision, term by term as the papers write it.
///
/// No loop is fused, no matrix folded, nothing cut into tiles: here is what a layer does, in the
/// kernels and sublayers how fast. In the order in which a token meets them: `embedding`,
/// `layerNorm`, `mssa` (in a transformer `multiHeadAttention`), `ista` or `overcompleteCode` (in a
/// transformer two times `dense` with an `activation` between them) and `crossEntropy`. The tests
/// hold the kernels to these numbers, and their gradients to central differences of them.
///
/// Matrices have one row at least and rows of one length.
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

  /// X·Wᵀ, and + b for each token if there is one: `X` is `[tokens, in]`, `W` `[out, in]`.
  package static func dense(_ X: Rows, _ W: Rows, bias b: [Double]? = nil) -> Rows {
    let Y = product(X, transposed(W))
    guard let b else { return Y }
    return Y.map { zip($0, b).map { $0 + $1 } }
  }
}
