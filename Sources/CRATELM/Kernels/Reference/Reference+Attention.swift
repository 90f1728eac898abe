// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Q, K, V  [tokens, p]  queries, keys and values of one sequence in one head
// S = Q·Kᵀ / √p         scores                 P = softmax of the rows of S, over visible keys
// N  [tokens, d]        the normalised stream  U_k  [p, d]  the basis of subspace k, d = K·p
// W_k = N·U_kᵀ          its coordinates        O    [d, d]  output projection

extension Reference {
  /// P, `[queries, keys]`: the weight of every key for every query, 0 for keys it does not see.
  ///
  /// A query sees at least one key: in causal attention the first token sees itself alone.
  package static func attentionWeights(_ Q: Rows, _ K: Rows, mask: AttentionMask) -> Rows {
    let scale = 1 / Double(Q[0].count).squareRoot()
    return Q.indices.map { i in
      let visible = mask.visible(at: i, of: K.count)
      let scores = K[..<visible].map { k in zip(Q[i], k).reduce(0) { $0 + $1.0 * $1.1 } * scale }
      return softmax(scores) + [Double](repeating: 0, count: K.count - visible)
    }
  }

  /// softmax(Q·Kᵀ/√p)·V.
  ///
  /// Vaswani and others 2017, arXiv:1706.03762, eq. 1.
  package static func attention(_ Q: Rows, _ K: Rows, _ V: Rows, mask: AttentionMask) -> Rows {
    product(attentionWeights(Q, K, mask: mask), V)
  }

  /// Attention in `headCount` heads, each in its own columns; their outputs side by side.
  package static func multiHeadAttention(
    _ Q: Rows, _ K: Rows, _ V: Rows, headCount: Int, mask: AttentionMask
  ) -> Rows {
    let p = Q[0].count / headCount
    var Y = Q.map { _ in [Double]() }
    for head in 0..<headCount {
      func part(_ X: Rows) -> Rows { X.map { Array($0[head * p..<(head + 1) * p]) } }
      for (row, y) in attention(part(Q), part(K), part(V), mask: mask).enumerated() {
        Y[row] += y
      }
    }
    return Y
  }

  /// Subspace self-attention in K subspaces: one projection is query, key and value.
  ///
  ///     SSA(Z | U_k)  = (U_kᵀZ) · softmax((U_kᵀZ)ᵀ(U_kᵀZ))
  ///     MSSA(Z | U)   = [U_1 … U_K] · [SSA(Z | U_1); …; SSA(Z | U_K)]
  ///
  /// Yu and others 2023, arXiv:2306.01129, eq. SSA and MSSA: an approximate gradient step that
  /// compresses the tokens against the subspaces; the layer adds it to the stream. As in the
  /// published code, scores are divided by √p, and a trained `O` with a bias replaces
  /// `[U_1 … U_K]` and the step size.
  ///
  /// - Parameters:
  ///   - N: one sequence, normalised, `[tokens, d]`.
  ///   - U: the bases, one below the other, `[d, d]`.
  ///   - O: the output projection, `[d, d]`.
  ///   - o: its bias, if it has one.
  ///   - headCount: K.
  ///   - mask: the tokens that a token sees.
  /// - Returns: the step, `[tokens, d]`, to be added to the stream.
  package static func mssa(
    _ N: Rows, subspaces U: Rows, projection O: Rows, bias o: [Double]?, headCount: Int,
    mask: AttentionMask
  ) -> Rows {
    let W = dense(N, U)
    return dense(multiHeadAttention(W, W, W, headCount: headCount, mask: mask), O, bias: o)
  }
}
