/// `crate-overcomplete`: tied attention and two ISTA steps in an overcomplete dictionary
/// (arXiv:2410.16443).
struct OvercompleteCRATE: ArchitectureDesign {
  private static let norm = NormDesign(placement: .before, epsilon: 1e-5)

  func attention(for objective: Objective) -> AttentionDesign {
    AttentionDesign(
      projection: .tied, hasOutputBias: objective.attention == .causal, norm: Self.norm)
  }

  func secondHalf(_ plan: inout Plan, name: String) -> any Sublayer {
    OvercompleteISTA(&plan, name: "\(name).ista", decoder: .dictionary, norm: Self.norm)
  }

  /// Two of the attention, and four with the dictionary for its two steps and its decoding.
  func weightProducts(width: Int) -> Int {
    (2 + 4 * OvercompleteISTA.overcompleteness) * width * width
  }

  func finalNormEpsilon(for objective: Objective) -> Float? { Self.norm.epsilon }
}
