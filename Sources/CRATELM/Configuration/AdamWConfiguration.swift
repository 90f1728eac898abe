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

  /// Refuses moments that do not decay, a division by zero and a decay that is none.
  ///
  /// - Throws: ``ConfigurationError``.
  func validate() throws(ConfigurationError) {
    for (name, beta) in [("β₁", beta1), ("β₂", beta2)] where !(0..<1).contains(beta) {
      throw ConfigurationError(
        "AdamW's \(name) is \(beta); expected a number of at least 0 and below 1.")
    }
    guard epsilon > 0, epsilon.isFinite else {
      throw ConfigurationError("AdamW's ε is \(epsilon); expected a number above 0.")
    }
    guard weightDecay >= 0, weightDecay.isFinite else {
      throw ConfigurationError(
        "The weight decay is \(weightDecay); expected a number of at least 0.")
    }
  }
}
