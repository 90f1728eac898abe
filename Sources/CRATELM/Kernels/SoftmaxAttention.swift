// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Q, K, V  [tokens, p]  queries, keys and values of one sequence in one head; in CRATE one matrix W
// S = Q·Kᵀ / √p         scores                 P = softmax of the rows of S, over visible keys
// Y = P·V               output                 ℓ_i = log Σ_j exp S_ij, kept for the backward pass
// dY, dP, dS            gradients              δ_i = dY_i · Y_i

/// Which keys a query sees.
package enum AttentionMask: Sendable {
  /// Itself and the tokens before it.
  case causal
  /// All tokens of the sequence.
  case bidirectional

  /// The number of keys that the query at `position` sees among `count`.
  func visible(at position: Int, of count: Int) -> Int {
    switch self {
    case .causal: position + 1
    case .bidirectional: count
    }
  }
}

/// Softmax attention of one sequence in one head.
///
/// Where queries, keys and values are the same coordinates it is the SSA operator of CRATE (Yu and
/// others 2023, arXiv:2306.01129, eq. 11). Queries are taken in blocks, so that scores need
/// `blockSize × tokens` floats of scratch and keys which no query of a block sees are skipped.
package enum SoftmaxAttention {
  /// The number of queries whose scores are held at a time: few, so that little is computed for
  /// keys that causal queries do not see.
  package static let blockSize = 64
  /// A number for each of them.
  private typealias QueryFloats = InlineArray<64, Float>

  /// `Y = softmax(Q·Kᵀ/√p)·V`, the queries being those of the tokens from `firstPosition` on, keys
  /// and values those of all tokens so far.
  ///
  /// - Parameters:
  ///   - Q: `[queries, p]`.
  ///   - K: `[keys, p]`.
  ///   - V: `[keys, p]`.
  ///   - firstPosition: the position of the first query among the keys.
  ///   - mask: which keys a query sees.
  ///   - precision: that of the products.
  ///   - Y: `[queries, p]`.
  ///   - logSumExp: ℓ, `[queries]`.
  ///   - scratch: `[blockSize, keys]` or larger.
  package static func forward(
    _ Q: Matrix, _ K: Matrix, _ V: Matrix, firstPosition: Int, mask: AttentionMask,
    precision: Precision = .fp32, into Y: Matrix, logSumExp: Row, scratch: Matrix
  ) {
    if Q.rows == 1 {
      return attend(
        Q[0], K, V, seen: mask.visible(at: firstPosition, of: K.rows), into: Y[0],
        logSumExp: logSumExp, scratch: scratch)
    }
    for block in blocks(of: Q.rows) {
      let visible = mask.visible(at: firstPosition + block.upperBound - 1, of: K.rows)
      let P = scratch.rows(0..<block.count).columns(0..<visible)
      multiply(
        Q.rows(block), .plain, K.rows(0..<visible), .transposed, into: P, alpha: scale(Q),
        precision: precision)
      var totals = QueryFloats(repeating: 0)
      for (row, query) in block.enumerated() {
        let seen = mask.visible(at: firstPosition + query, of: K.rows)
        (totals[row], logSumExp[query]) = exponentials(P[row], over: seen)
      }
      multiply(P, .plain, V.rows(0..<visible), .plain, into: Y.rows(block), precision: precision)
      for (row, query) in block.enumerated() { Y[query].scale(by: 1 / totals[row]) }
    }
  }

  /// `dV += Pᵀ·dY`, `dK += dSᵀ·Q/√p`, `dQ += dS·K/√p` with `dS = P ∘ (dP − δ)` and `dP = dY·Vᵀ`.
  ///
  /// The three gradients may be one matrix, as queries, keys and values may.
  ///
  /// - Parameters:
  ///   - Q: `[tokens, p]`.
  ///   - K: `[keys, p]`.
  ///   - V: `[keys, p]`.
  ///   - Y: the output, `[tokens, p]`.
  ///   - dY: its gradient.
  ///   - logSumExp: ℓ as the forward pass left it, `[tokens]`.
  ///   - mask: which keys a query sees.
  ///   - precision: that of the products.
  ///   - gradients: dQ, dK and dV, with the shapes of Q, K and V.
  ///   - scratch: two matrices of `[blockSize, keys]` or larger.
  package static func backward(
    _ Q: Matrix, _ K: Matrix, _ V: Matrix, _ Y: Matrix, _ dY: Matrix, logSumExp: Row,
    mask: AttentionMask, precision: Precision = .fp32,
    into gradients: (dQ: Matrix, dK: Matrix, dV: Matrix),
    scratch: (Matrix, Matrix)
  ) {
    for block in blocks(of: Q.rows) {
      let visible = mask.visible(at: block.upperBound - 1, of: K.rows)
      let seenK = K.rows(0..<visible)
      let P = scratch.0.rows(0..<block.count).columns(0..<visible)
      let dS = scratch.1.rows(0..<block.count).columns(0..<visible)
      multiply(
        Q.rows(block), .plain, seenK, .transposed, into: P, alpha: scale(Q), precision: precision)
      multiply(
        dY.rows(block), .plain, V.rows(0..<visible), .transposed, into: dS, precision: precision)
      for (row, query) in block.enumerated() {
        softmaxBackward(
          P[row], dS[row], over: mask.visible(at: query, of: K.rows), logSumExp: logSumExp[query],
          delta: Reductions.dot(dY[query], Y[query]), scale: scale(Q))
      }
      multiply(
        P, .transposed, dY.rows(block), .plain, into: gradients.dV.rows(0..<visible), beta: 1,
        precision: precision)
      multiply(
        dS, .transposed, Q.rows(block), .plain, into: gradients.dK.rows(0..<visible), beta: 1,
        precision: precision)
      multiply(
        dS, .plain, seenK, .plain, into: gradients.dQ.rows(block), beta: 1, precision: precision)
    }
  }

  /// The forward pass of a single query, by products of vectors.
  private static func attend(
    _ q: Row, _ K: Matrix, _ V: Matrix, seen: Int, into y: Row, logSumExp: Row, scratch: Matrix
  ) {
    let p = scratch[0][0..<seen]
    WeightMatrix(K).rowDots(
      q, rows: 0..<seen, into: p, alpha: 1 / Float(q.count).squareRoot())
    let total: Float
    (total, logSumExp[0]) = exponentials(p, over: seen)
    WeightMatrix(V).combination(p, into: y)
    y.scale(by: 1 / total)
  }

  private static func scale(_ Q: Matrix) -> Float { 1 / Float(Q.columns).squareRoot() }

  private static func blocks(of rows: Int) -> some Sequence<Range<Int>> {
    stride(from: 0, to: rows, by: blockSize).lazy.map { $0..<min($0 + blockSize, rows) }
  }

  /// Replaces the first `seen` scores by `exp(S − max S)` and the others by 0; returns the sum of
  /// the former, which is divided by in `Y`, and ℓ.
  private static func exponentials(
    _ scores: Row, over seen: Int
  ) -> (total: Float, logSumExp: Float) {
    let visible = scores[0..<seen]
    let largest = visible.maximum
    let total = visible.exponentiate(minus: largest)
    scores[seen..<scores.count].fill(0)
    return (total, largest + total.logarithm)
  }

  /// Replaces the first `seen` scores by `P = exp(S − ℓ)` and `dP` by `dS = P ∘ (dP − δ) · scale`,
  /// the others by 0.
  private static func softmaxBackward(
    _ scores: Row, _ gradient: Row, over seen: Int, logSumExp: Float, delta: Float, scale: Float
  ) {
    scores[0..<seen].exponentiate(
      minus: logSumExp, gradient: gradient[0..<seen], delta: delta, scale: scale)
    scores[seen..<scores.count].fill(0)
    gradient[seen..<gradient.count].fill(0)
  }
}
