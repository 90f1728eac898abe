/// What training shows of a layer.
public struct LayerReport: Hashable, Sendable {
  /// The norm of the gradient of the layer's parameters, before clipping.
  public let gradientNorm: Double
  /// `η·σ_max(D)²` of the layer's dictionary, below 2 where the inner iteration converges; `nil`
  /// for a layer without one.
  public let stepStability: Double?
  /// The share of the units that were zero for every token of the last microbatch; `nil` for a
  /// layer whose units are never exactly zero.
  public let deadUnitShare: Double?
}

/// Counts the units of each layer that are zero for all tokens of a batch.
final class DeadUnits: Instruments, @unchecked Sendable {
  /// The activations of each layer in which units are exactly zero.
  private let roles: [Int: ActivationRole]
  private var shares: [Int: Double] = [:]

  init(_ model: Blueprint) {
    roles = Dictionary(
      uniqueKeysWithValues: model.groups.compactMap { group in
        group.layer.flatMap { layer in group.sparseRole.map { (layer, $0) } }
      })
  }

  func produced(_ name: ActivationName, _ values: Matrix) {
    guard let layer = name.layer, name.role == roles[layer] else { return }
    shares[layer] = Shrinkage.deadColumnShare(values)
  }

  /// The share of the units of a layer; `nil` if it has none that are ever exactly zero.
  func share(ofLayer layer: Int) -> Double? { shares[layer] }
}
