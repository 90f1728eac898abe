// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Q, K, V  [tokens, p]  queries, keys and values of one sequence in one head; in CRATE one matrix W
// S = Q·Kᵀ / √p         scores                 P = softmax of the rows of S, over visible keys
// Y = P·V               output                 ℓ_i = log Σ_j exp S_ij, kept for the backward pass
// dY, dP, dS            gradients

import CKernels

/// Softmax attention of one sequence in one head.
///
/// With one matrix as queries, keys and values it is the SSA operator of CRATE (Yu and others 2023,
/// arXiv:2306.01129, eq. 11). It holds the scores of a few queries at a time and skips keys that
/// none of them sees. Every query sees a key or more. All numbers must be finite: a NaN or an
/// infinity also spoils queries near it in a tile, earlier ones included.
package enum SoftmaxAttention {
  /// The floats of scratch for attention of this shape.
  package static func scratchCount(queries: Int, keys: Int, width: Int) -> Int {
    attention_scratch_size(queries, keys, width)
  }

  /// `Y = softmax(Q·Kᵀ/√p)·V`, with the queries of the tokens from `firstPosition` on and the keys
  /// and values of all tokens so far.
  ///
  /// - Parameters:
  ///   - Q: `[queries, p]`.
  ///   - K: `[keys, p]`.
  ///   - V: `[keys, p]`.
  ///   - firstPosition: the position of the first query among the keys.
  ///   - mask: the keys that a query sees.
  ///   - precision: the rounding of factors; a single query is always `fp32`.
  ///   - isPortable: whether to leave AVX-512 unused, in single precision.
  ///   - Y: `[queries, p]`.
  ///   - logSumExp: ℓ, `[queries]`.
  ///   - scratch: `scratchCount` floats on a cache line.
  package static func forward(
    _ Q: Matrix, _ K: Matrix, _ V: Matrix, firstPosition: Int, mask: AttentionMask,
    precision: Precision = .fp32, isPortable: Bool = false, into Y: Matrix, logSumExp: Row,
    scratch: Row
  ) {
    let head = unsafe head(
      Q, K, V, Y, logSumExp, firstPosition: firstPosition, mask: mask, isPortable: isPortable,
      scratch: scratch)
    if Q.rows == 1 {
      return attend(
        Q[0], K, V, seen: mask.visible(at: firstPosition, of: K.rows), into: Y[0],
        logSumExp: logSumExp, scratch: scratch)
    }
    let output = unsafe AttentionOutput(y: Y.base, y_stride: Y.stride, log_sum_exp: logSumExp.base)
    switch precision {
    case .fp32: unsafe attention_forward(head, output)
    case .bf16: unsafe bfloat_attention_forward(head, output)
    }
  }

  /// The attention weights P: `P_ij = exp(S_ij − ℓ_i)` for keys that query i sees, else 0.
  ///
  /// - Parameters:
  ///   - Q: `[queries, p]`.
  ///   - K: `[keys, p]`.
  ///   - firstPosition: the position of the first query among the keys.
  ///   - mask: the keys that a query sees.
  ///   - logSumExp: ℓ of the forward pass, `[queries]`.
  ///   - P: `[queries, keys]`.
  package static func weights(
    _ Q: Matrix, _ K: Matrix, firstPosition: Int, mask: AttentionMask, logSumExp: Row,
    into P: Matrix
  ) {
    multiply(Q, .plain, K, .transposed, into: P, alpha: scale(Q.columns))
    for query in 0..<P.rows {
      let seen = mask.visible(at: firstPosition + query, of: K.rows)
      _ = P[query][0..<seen].exponentiate(minus: logSumExp[query])
      P[query][seen..<K.rows].fill(0)
    }
  }

  /// `dV += Pᵀ·dY`, `dK += dSᵀ·Q/√p`, `dQ += dS·K/√p` with `dS = P ∘ (dP − δ)`, `dP = dY·Vᵀ` and
  /// `δ_i = dY_i · Y_i`.
  ///
  /// The three gradients may be one matrix, as queries, keys and values may.
  ///
  /// - Parameters:
  ///   - Q: `[queries, p]`.
  ///   - K: `[keys, p]`.
  ///   - V: `[keys, p]`.
  ///   - Y: the output, `[queries, p]`.
  ///   - dY: its gradient.
  ///   - logSumExp: ℓ of the forward pass, `[queries]`.
  ///   - firstPosition: the position of the first query among the keys.
  ///   - mask: the keys that a query sees.
  ///   - precision: the rounding of factors.
  ///   - isPortable: whether to leave AVX-512 unused, in single precision.
  ///   - gradients: dQ, dK and dV, with the shapes of Q, K and V.
  ///   - scratch: `scratchCount` floats on a cache line.
  package static func backward(
    _ Q: Matrix, _ K: Matrix, _ V: Matrix, _ Y: Matrix, _ dY: Matrix, logSumExp: Row,
    firstPosition: Int = 0, mask: AttentionMask, precision: Precision = .fp32,
    isPortable: Bool = false,
    into gradients: (dQ: Matrix, dK: Matrix, dV: Matrix), scratch: Row
  ) {
    let head = unsafe head(
      Q, K, V, Y, logSumExp, firstPosition: firstPosition, mask: mask, isPortable: isPortable,
      scratch: scratch)
    let (dQ, dK, dV) = gradients
    for (matrix, shaped) in [(dY, Q), (dQ, Q), (dK, K), (dV, V)] {
      require(matrix, like: shaped)
    }
    let gradients = unsafe AttentionGradients(
      y: Y.base, log_sum_exp: logSumExp.base, dy: dY.base, y_stride: Y.stride,
      dy_stride: dY.stride, dq: dQ.base, dk: dK.base, dv: dV.base, dq_stride: dQ.stride,
      dk_stride: dK.stride, dv_stride: dV.stride)
    switch precision {
    case .fp32: unsafe attention_backward(head, gradients)
    case .bf16: unsafe bfloat_attention_backward(head, gradients)
    }
  }

  /// The arguments of both passes for the kernel, after checking every shape.
  private static func head(
    _ Q: Matrix, _ K: Matrix, _ V: Matrix, _ Y: Matrix, _ logSumExp: Row, firstPosition: Int,
    mask: AttentionMask, isPortable: Bool, scratch: Row
  ) -> AttentionHead {
    require(V, like: K)
    require(Y, like: Q)
    precondition(logSumExp.count >= Q.rows, "\(logSumExp.count) sums for \(Q.rows) queries")
    precondition(
      Q.columns == K.columns && firstPosition >= 0
        && (mask == .bidirectional || firstPosition + Q.rows <= K.rows),
      "[\(Q.rows), \(Q.columns)] queries from \(firstPosition), [\(K.rows), \(K.columns)] keys")
    let needed = scratchCount(queries: Q.rows, keys: K.rows, width: Q.columns)
    precondition(scratch.count >= needed, "\(scratch.count) floats of scratch, not \(needed)")
    return unsafe AttentionHead(
      queries: Q.rows, keys: K.rows, width: Q.columns, q: Q.base, k: K.base, v: V.base,
      q_stride: Q.stride, k_stride: K.stride, v_stride: V.stride, is_causal: mask == .causal,
      first_position: firstPosition, scale: scale(Q.columns), scratch: scratch.base,
      is_portable: isPortable)
  }

  private static func require(_ matrix: Matrix, like other: Matrix) {
    precondition(
      matrix.rows == other.rows && matrix.columns == other.columns,
      "[\(matrix.rows), \(matrix.columns)] beside [\(other.rows), \(other.columns)]")
  }

  /// The forward pass of a single query, as two products with a vector.
  private static func attend(
    _ q: Row, _ K: Matrix, _ V: Matrix, seen: Int, into y: Row, logSumExp: Row, scratch: Row
  ) {
    let p = scratch[0..<seen]
    StoredMatrix(K).rowDots(q, rows: 0..<seen, into: p, alpha: scale(q.count))
    let largest = p.maximum
    let total = p.exponentiate(minus: largest)
    logSumExp[0] = largest + total.logarithm
    StoredMatrix(V).combination(p, into: y)
    y.scale(by: 1 / total)
  }

  private static func scale(_ width: Int) -> Float { 1 / Float(width).squareRoot() }
}
