/// `crate`: tied attention and one ISTA step, without a last norm (arXiv:2311.13110).
///
/// The released causal code has a bias in its output projection, CRATE-BERT's has none.
struct CRATE: ArchitectureDesign {
  private static let norm = NormDesign(placement: .before, epsilon: 1e-5)

  let hasSparseLayers = true

  func attention(for objective: Objective) -> AttentionDesign {
    AttentionDesign(
      projection: .tied, hasOutputBias: objective.attention == .causal, norm: Self.norm)
  }

  func secondHalf(_ plan: inout Plan, name: String) -> any Sublayer {
    ISTA(&plan, name: "\(name).ista", norm: Self.norm)
  }

  /// The subspaces, the output projection and the folded step.
  func weightProducts(width: Int) -> Int { 3 * width * width }

  func finalNormEpsilon(for objective: Objective) -> Float? { nil }
}
