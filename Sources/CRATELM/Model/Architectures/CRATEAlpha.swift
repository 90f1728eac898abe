/// `crate-alpha`: `crate-overcomplete` with a residual and a dictionary of its own for decoding
/// (arXiv:2405.20299), whose released code has no bias in attention.
struct CRATEAlpha: ArchitectureDesign {
  private static let norm = NormDesign(placement: .before, epsilon: 1e-6)

  func attention(for objective: Objective) -> AttentionDesign {
    AttentionDesign(projection: .tied, hasOutputBias: false, norm: Self.norm)
  }

  func secondHalf(_ plan: inout Plan, name: String) -> any Sublayer {
    OvercompleteISTA(
      &plan, name: "\(name).ista", decoder: .ownDictionaryWithResidual, norm: Self.norm)
  }

  /// As many as `crate-overcomplete`: the last of the four has another dictionary.
  func weightProducts(width: Int) -> Int {
    (2 + 4 * OvercompleteISTA.overcompleteness) * width * width
  }

  func finalNormEpsilon(for objective: Objective) -> Float? { Self.norm.epsilon }
}
