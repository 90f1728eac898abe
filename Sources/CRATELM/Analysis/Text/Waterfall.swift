// swift-format-ignore-file: AlwaysUseLowerCamelCase
// E_v  [d]  embedding of the token v        e  [d]  covector of the stream: logit = e·x + …
// A    [d]  outputs of the heads            O  [d, d], o  [d]  output projection and bias
// z         a code                          X_L  output of the last layer

/// The logit of a token as a sum over units and heads, exact for one text.
///
/// The covector of the logit is followed back along the residuals. Norms have the mean and deviation
/// of the token, and GELU in the head of a masked model is multiplication by Φ of its input: for
/// this text each is a linear map. A layer without a residual ends the way: in `crate`
/// `logit_v = Σ_j Y_L[j]·E[v, j]`, without norm and bias.
struct Waterfall {
  private let parts: ModelParts
  /// The activations at the token from which the prediction is made.
  private let row: (_ name: String) -> [Double]
  private let token: Int
  private var list = ContributionList()

  private init(_ parts: ModelParts, _ token: Int, _ row: @escaping (_ name: String) -> [Double]) {
    (self.parts, self.token, self.row) = (parts, token, row)
  }

  /// The terms of the logit of `id`, predicted from the token `token` with the activations `row`.
  static func terms(
    of id: Int32, from token: Int, _ parts: ModelParts,
    row: @escaping (_ name: String) -> [Double]
  ) -> ContributionList {
    var waterfall = Waterfall(parts, token, row)
    let layers = parts.configuration.depth
    var e = waterfall.head(id, row(parts.output(ofLayer: layers - 1)))
    for layer in (0..<layers).reversed() {
      guard let behindAttention = waterfall.secondHalf(layer, e) else { return waterfall.list }
      e = waterfall.attention(layer, behindAttention)
    }
    waterfall.list.remainder.stream += dot(e, row(parts.input(ofLayer: 0)))
    return waterfall.list
  }

  /// The covector of X_L.
  private mutating func head(_ id: Int32, _ X: [Double]) -> [Double] {
    var e = parts.matrix("token_embedding")?[Int(id)].doubles ?? []
    if let W = parts.matrix("head.transform"), let b = parts.vector("head.transform_bias") {
      // F = W·x + b, G = F·Φ(F), H = LN(G)
      let x = parts.norm("final_norm", at: X).map { $0(X) } ?? X
      let F = zip(W.times(x), b).map { $0 + $1 }
      let G = F.map { Reference.activation(.gelu, $0) }
      list.remainder.bias += parts.vector("head.bias")?[Int(id)] ?? 0
      e = pullback("head.norm", e, at: G)
      e = e.indices.map { e[$0] * (F[$0] == 0 ? 0.5 : G[$0] / F[$0]) }
      list.remainder.bias += dot(e, b)
      e = W.combination(e)
    }
    return pullback("final_norm", e, at: X)
  }

  /// The covector of the input of the norm `name`, or `e` if there is no such norm.
  private mutating func pullback(_ name: String, _ e: [Double], at x: [Double]) -> [Double] {
    guard let norm = parts.norm(name, at: x) else { return e }
    list.remainder.bias += dot(e, norm.bias)
    return norm.pullback(e)
  }

  /// The covector of X′ along the residual; `nil` if there is none.
  private mutating func secondHalf(_ layer: Int, _ e: [Double]) -> [Double]? {
    guard let name = parts.secondHalf(ofLayer: layer) else { return e }
    var e = e
    let code = row("\(name).code")
    switch parts.configuration.architecture {
    case .crate:
      addUnits(layer, code) { e[$0] }
      return nil
    case .crateOvercomplete:
      if let V = parts.matrix("\(name).dictionary") { addUnits(layer, code) { V[$0].dot(e) } }
      return nil
    case .crateAlpha:
      if let V = parts.matrix("\(name).decode_dictionary") {
        addUnits(layer, code) { V[$0].dot(e) }
      }
    case .transformer:
      guard let W = parts.matrix("\(name).contraction"),
        let b = parts.vector("\(name).contraction_bias")
      else { return e }
      if parts.isPostNorm {
        let map = zip(W.times(code), b).map { $0 + $1 }
        let sum = zip(row("layers.\(layer).attention.output"), map).map { $0 + $1 }
        e = pullback("\(name).norm", e, at: sum)
      }
      let weights = W.combination(e)
      addUnits(layer, code) { weights[$0] }
      list.remainder.bias += dot(e, b)
    case .attentionOnly: break
    }
    return e
  }

  private mutating func addUnits(
    _ layer: Int, _ code: [Double], _ weight: (_ unit: Int) -> Double
  ) {
    for unit in code.indices where code[unit] != 0 {
      list.add(
        .unit(UnitAddress(layer: layer, unit: unit)), at: token, code[unit] * weight(unit))
    }
  }

  /// The covector of X along the residual.
  private mutating func attention(_ layer: Int, _ e: [Double]) -> [Double] {
    let name = "layers.\(layer).attention"
    guard let O = parts.matrix("\(name).projection") else { return e }
    let (attended, bias) = (row("\(name).attended"), parts.vector("\(name).projection_bias"))
    var e = e
    if parts.isPostNorm {
      var sum = zip(row(parts.input(ofLayer: layer)), O.times(attended)).map { $0 + $1 }
      if let bias { sum = zip(sum, bias).map { $0 + $1 } }
      e = pullback("\(name).norm", e, at: sum)
    }
    if let bias { list.remainder.bias += dot(e, bias) }
    let weights = O.combination(e)
    let p = parts.configuration.headWidth
    for head in 0..<parts.configuration.headCount {
      let columns = head * p..<(head + 1) * p
      list.add(
        .head(layer: layer, head: head), at: token, dot(attended[columns], weights[columns]))
    }
    return e
  }
}
