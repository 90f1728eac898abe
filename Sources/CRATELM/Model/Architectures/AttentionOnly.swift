/// `attention-only`: `X ← X + MSSA(LN X)` and nothing else, to measure the worth of the sparse half
/// of a layer.
///
/// The attention is the same as in `crate-overcomplete`. The stream is a sum of residuals, so a
/// norm stands before the head.
struct AttentionOnly: ArchitectureDesign {
  private static let norm = NormDesign(placement: .before, epsilon: 1e-5)

  func addSublayers(to chain: inout SublayerChain) {
    let hasBias = chain.configuration.objective.attention == .causal
    let attention = AttentionDesign(projection: .tied, hasOutputBias: hasBias, norm: Self.norm)
    chain.addEmbeddingNorm()
    chain.addLayers { $0.addAttention(attention) }
    chain.addNorm("final_norm", epsilon: Self.norm.epsilon)
  }
}
