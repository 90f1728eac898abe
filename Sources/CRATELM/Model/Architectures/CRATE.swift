/// `crate`: tied attention and one ISTA step, without a last norm (arXiv:2311.13110).
///
/// The output projection has a bias in the released causal code, none in CRATE-BERT.
struct CRATE: ArchitectureDesign {
  private static let norm = NormDesign(placement: .before, epsilon: 1e-5)

  func addSublayers(to chain: inout SublayerChain) {
    let hasBias = chain.configuration.objective.attention == .causal
    let attention = AttentionDesign(projection: .tied, hasOutputBias: hasBias, norm: Self.norm)
    chain.addEmbeddingNorm()
    chain.addLayers { layer in
      layer.addAttention(attention)
      layer.add("ista", .secondHalf) { ISTA(&$0, norm: Self.norm) }
    }
  }
}
