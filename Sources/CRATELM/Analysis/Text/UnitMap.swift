// swift-format-ignore-file: AlwaysUseLowerCamelCase
// u  [d]  input of the map of a layer's second half       k  a unit       a_k  its pre-activation
// D, V    dictionary, complete and overcomplete           η, λ  step size and sparsity penalty

/// The pre-activation of a unit as an affine function of `u`, `a_k = α·u + c`, for one token.
///
/// In an overcomplete code the units that the first step leaves active are held: each is then
/// affine in u. A code is `max(0, a)`.
struct UnitMap {
  /// α.
  private(set) var weights: [Double]
  /// c.
  private(set) var constant: Double

  /// The map of the unit at `address` for a token with the first code `firstCode`.
  ///
  /// - Returns: `nil` if the layer has no codes.
  init?(_ address: UnitAddress, _ parts: ModelParts, firstCode: [Double]) {
    guard let name = parts.secondHalf(ofLayer: address.layer) else { return nil }
    let k = address.unit
    if let W = parts.matrix("\(name).expansion") {
      weights = W[k].doubles
      constant = parts.vector("\(name).expansion_bias")?[k] ?? 0
      return
    }
    guard let D = parts.matrix("\(name).dictionary") else { return nil }
    let eta = Double(parts.configuration.stepSize)
    let threshold = eta * Double(parts.configuration.sparsityPenalty)
    if parts.configuration.architecture == .crate {
      // u·M, M = I + η(D − DᵀD): column k
      let column = (0..<D.rows).map { Double(D[$0][k]) }
      let product = D.combination(column)
      weights = column.indices.map {
        ($0 == k ? 1 : 0) + eta * (column[$0] - product[$0])
      }
      constant = -threshold
    } else {
      // z₁ + η(u − z₁·V)·V_kᵀ − ηλ with z₁ᵢ = η·u·V_i − ηλ where active
      let atom = D[k].doubles
      let overlaps = D.times(atom)
      let active = firstCode.indices.map { firstCode[$0] > 0 ? overlaps[$0] : 0 }
      let own = firstCode[k] > 0 ? 1.0 : 0
      let explained = D.combination(active)
      weights = atom.indices.map { eta * (own + 1) * atom[$0] - eta * eta * explained[$0] }
      constant = -threshold * (own + 1) + eta * threshold * active.reduce(0, +)
    }
  }

  func callAsFunction(_ u: [Double]) -> Double { dot(weights, u) + constant }
}
