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
