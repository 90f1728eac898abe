/// `transformer`: if causal, GPT-2 with norms before its sublayers and one before the head; if
/// masked, BERT with norms after its residuals (arXiv:1810.04805).
struct Transformer: ArchitectureDesign {
  func addSublayers(to chain: inout SublayerChain) {
    let norm = norm(for: chain.configuration.objective.attention)
    chain.addEmbeddingNorm()
    chain.addLayers { layer in
      layer.addAttention(
        AttentionDesign(projection: .separate, hasOutputBias: true, norm: norm))
      layer.add("mlp", .secondHalf) { FeedForward(&$0, norm: norm) }
    }
    if norm.placement == .before { chain.addNorm("final_norm", epsilon: norm.epsilon) }
  }

  private func norm(for attention: AttentionMask) -> NormDesign {
    switch attention {
    case .causal: NormDesign(placement: .before, epsilon: 1e-5)
    case .bidirectional: NormDesign(placement: .after, epsilon: 1e-12)
    }
  }
}
