/// `transformer`: GPT-2 when causal, with norms before its sublayers and one before the head; BERT
/// when masked, with norms after its residuals (arXiv:1810.04805).
struct Transformer: ArchitectureDesign {
  func attention(for objective: Objective) -> AttentionDesign {
    AttentionDesign(projection: .separate, hasOutputBias: true, norm: norm(for: objective))
  }

  func secondHalf(_ plan: inout Plan, name: String) -> any Sublayer {
    FeedForward(&plan, name: "\(name).mlp", norm: norm(for: plan.configuration.objective))
  }

  /// Query, key, value and output of the attention, and the two of the MLP.
  func weightProducts(width: Int) -> Int { (4 + 2 * FeedForward.expansionFactor) * width * width }

  func finalNormEpsilon(for objective: Objective) -> Float? {
    switch objective.attention {
    case .causal: norm(for: objective).epsilon
    case .bidirectional: nil
    }
  }

  private func norm(for objective: Objective) -> NormDesign {
    switch objective.attention {
    case .causal: NormDesign(placement: .before, epsilon: 1e-5)
    case .bidirectional: NormDesign(placement: .after, epsilon: 1e-12)
    }
  }
}
