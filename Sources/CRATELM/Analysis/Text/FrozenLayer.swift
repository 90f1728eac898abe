// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X_s     [d]  the layer's input at the token s         X′_t  [d]  the stream behind attention
// P_h     attention of head h                           W_h   its coordinates, in a transformer values
// U_h     [p, d]  their projection                      O_h   [d, p]  its output projection
// e       [d]  covector of X′_t                         J_s   [d]  covector of X_s
//
// a = Σ_s J_s·X_s + c
// J_s = [s = t]·e + ρ_s·Σ_h P_h[t, s]·(f_h ∘ g − ⟨f_h ∘ g⟩),   f_h = (e·O_h)·U_h

/// The pre-activation of a unit of one layer as a sum over the numbers of the layer's input.
///
/// Attention's weights, the deviations of norms and the active units of a first code are those of
/// this text: then it is affine in the input, and the sum is exact. It does not say what happens if
/// they change.
struct FrozenLayer {
  private let parts: ModelParts
  private let layer: Int
  /// The activations at a token.
  private let row: (_ name: String, _ token: Int) -> [Double]
  /// J of every token that the layer looks at.
  private(set) var covectors: [[Double]] = []
  /// c.
  private(set) var constant = 0.0

  /// - Parameters:
  ///   - address: the unit.
  ///   - token: its token.
  ///   - tokenCount: the tokens of the text.
  ///   - parts: the model.
  ///   - row: the activations at a token.
  init(
    _ address: UnitAddress, at token: Int, of tokenCount: Int, _ parts: ModelParts,
    row: @escaping (_ name: String, _ token: Int) -> [Double]
  ) {
    (self.parts, self.row, layer) = (parts, row, address.layer)
    let name = parts.secondHalf(ofLayer: layer) ?? ""
    guard
      let map = UnitMap(address, parts, firstCode: row("\(name).first_code", token))
    else { return }
    constant = map.constant
    var e = map.weights
    let attention = "layers.\(layer).attention"
    if !parts.isPostNorm {
      e = pullback("\(name).norm", e, at: row("\(attention).output", token))
    }
    e = attentionSum(e, token)
    let seen = parts.configuration.objective.attention.visible(at: token, of: tokenCount)
    covectors = headCovectors(e, token, seen)
    for index in e.indices { covectors[token][index] += e[index] }
  }

  private mutating func pullback(_ name: String, _ e: [Double], at x: [Double]) -> [Double] {
    guard let norm = parts.norm(name, at: x) else { return e }
    constant += dot(e, norm.bias)
    return norm.pullback(e)
  }

  /// The covector of the sum of residual and attention, whose bias goes into the constant.
  private mutating func attentionSum(_ e: [Double], _ token: Int) -> [Double] {
    let name = "layers.\(layer).attention"
    guard let O = parts.matrix("\(name).projection") else { return e }
    let bias = parts.vector("\(name).projection_bias")
    var e = e
    if parts.isPostNorm {
      let map = O.times(row("\(name).attended", token))
      var sum = zip(row(parts.input(ofLayer: layer), token), map).map { $0 + $1 }
      if let bias { sum = zip(sum, bias).map { $0 + $1 } }
      e = pullback("\(name).norm", e, at: sum)
    }
    if let bias { constant += dot(e, bias) }
    return e
  }

  /// The covectors of the tokens by way of attention alone.
  private mutating func headCovectors(_ e: [Double], _ token: Int, _ seen: Int) -> [[Double]] {
    let (name, shape) = ("layers.\(layer).attention", parts.configuration)
    let (d, p) = (shape.width, shape.headWidth)
    guard let O = parts.matrix("\(name).projection"),
      let U = parts.matrix("\(name).subspaces") ?? parts.matrix("\(name).query_key_value")
    else { return [] }
    // Values are the last d coordinates; tied, the only ones.
    let values = U.rows - d
    let bias = parts.vector("\(name).query_key_value_bias")
    let q = O.combination(e)
    let norms = (0..<seen).map { token in
      parts.isPostNorm
        ? nil : parts.norm("\(name).norm", at: row(parts.input(ofLayer: layer), token))
    }
    var result = [[Double]](repeating: [Double](repeating: 0, count: d), count: seen)
    for head in 0..<shape.headCount {
      let columns = head * p..<(head + 1) * p
      let f = U.rows(values + columns.lowerBound..<values + columns.upperBound)
        .combination(Array(q[columns]))
      if let bias { constant += dot(q[columns], bias[(values + columns.lowerBound)...]) }
      if let norm = norms[token] { constant += dot(f, norm.bias) }
      // The pullback but for ρ_s is the same for all tokens.
      let centered = norms[token]?.centered(f) ?? f
      let P = weights(columns, token, seen)
      for s in 0..<seen {
        let factor = P[s] * (norms[s]?.inverseDeviation ?? 1)
        for index in 0..<d { result[s][index] += factor * centered[index] }
      }
    }
    return result
  }

  /// P_h[t, ·] from the coordinates.
  private func weights(_ columns: Range<Int>, _ token: Int, _ seen: Int) -> [Double] {
    let (name, d) = ("layers.\(layer).attention.coordinates", parts.configuration.width)
    let query = row(name, token)
    let offset = query.count > d ? d : 0
    let keys = columns.lowerBound + offset..<columns.upperBound + offset
    let scale = 1 / Double(columns.count).squareRoot()
    return Reference.softmax(
      (0..<seen).map { dot(query[columns], row(name, $0)[keys]) * scale })
  }
}
