/// `crate-overcomplete`: tied attention and two ISTA steps in an overcomplete dictionary
/// (arXiv:2410.16443).
struct OvercompleteCRATE: ArchitectureDesign {
  private static let norm = NormDesign(placement: .before, epsilon: 1e-5)

  func addSublayers(to chain: inout SublayerChain) {
    let hasBias = chain.configuration.objective.attention == .causal
    let attention = AttentionDesign(projection: .tied, hasOutputBias: hasBias, norm: Self.norm)
    chain.addEmbeddingNorm()
    chain.addLayers { layer in
      layer.addAttention(attention)
      layer.add("ista", .secondHalf) {
        OvercompleteISTA(&$0, decoder: .dictionary, norm: Self.norm)
      }
    }
    chain.addNorm("final_norm", epsilon: Self.norm.epsilon)
  }
}
