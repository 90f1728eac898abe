/// The constants of AdamW, the same throughout a run.
public struct AdamWConfiguration: Codable, Hashable, Sendable {
  /// β₁, the decay of the mean gradient.
  public var beta1: Float = 0.9
  /// β₂, the decay of the mean squared gradient.
  public var beta2: Float = 0.95
  /// ε, added to the root of the second moment.
  public var epsilon: Float = 1e-8
  /// ω, the decoupled decay of matrices; vectors do not decay.
  public var weightDecay: Float = 0.1

  /// The published constants of the CRATE language models.
  public init() {}

  /// Whether moments decay and no division by zero is possible.
  var hasUsableConstants: Bool {
    (0..<1).contains(beta1) && (0..<1).contains(beta2) && epsilon > 0 && epsilon.isFinite
  }
}
