/// `crate-overcomplete`: tied attention and two ISTA steps in an overcomplete dictionary
/// (arXiv:2410.16443).
struct OvercompleteCRATE: ArchitectureDesign {
  private static let norm = NormDesign(placement: .before, epsilon: 1e-5)

  func attention(for objective: Objective) -> AttentionDesign {
    AttentionDesign(
      projection: .tied, hasOutputBias: objective == .causal, norm: Self.norm)
  }

  func secondHalf(_ plan: inout Plan, name: String) -> any Sublayer {
    OvercompleteISTA(&plan, name: "\(name).ista", decoder: .dictionary, norm: Self.norm)
  }

  func finalNormEpsilon(for objective: Objective) -> Float? { Self.norm.epsilon }
}
