/// The state of a layer in training.
public struct LayerReport: Hashable, Sendable {
  /// The norm of the gradient of the layer's parameters, before clipping.
  public let gradientNorm: Double
  /// `η·σ_max(D)²` of the layer's dictionary, below 2 if the ISTA steps converge; `nil` for a layer
  /// without a dictionary.
  public let stepStability: Double?
  /// The share of units that were zero for every token of the last microbatch; `nil` for a layer
  /// without exact zeros.
  public let deadUnitShare: Double?
}

/// Counts the units of each layer that are zero for all tokens of a batch.
final class DeadUnits: Instruments, @unchecked Sendable {
  /// The activation of each layer with exact zeros.
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

  /// The share of dead units of a layer; `nil` if it has no exact zeros.
  func share(ofLayer layer: Int) -> Double? { shares[layer] }
}
