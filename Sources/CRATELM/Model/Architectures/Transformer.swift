/// `transformer`: GPT-2 when causal, with norms before its sublayers and one before the head; BERT
/// when masked, with norms after its residuals (arXiv:1810.04805).
struct Transformer: ArchitectureDesign {
  func addSublayers(to chain: inout SublayerChain) {
    let objective = chain.configuration.objective
    let norm = norm(for: objective)
    chain.addEmbeddingNorm()
    chain.addLayers { layer in
      layer.addAttention(
        AttentionDesign(projection: .separate, hasOutputBias: true, norm: norm))
      layer.add("mlp", .secondHalf) { FeedForward(&$0, norm: norm) }
    }
    if norm.placement == .before { chain.addNorm("final_norm", epsilon: norm.epsilon) }
  }

  private func norm(for objective: Objective) -> NormDesign {
    switch objective {
    case .causal: NormDesign(placement: .before, epsilon: 1e-5)
    case .masked: NormDesign(placement: .after, epsilon: 1e-12)
    }
  }
}
