/// `crate-alpha`: `crate-overcomplete` with a residual, a second dictionary for decoding and, as in
/// the released code, no bias in attention (arXiv:2405.20299).
struct CRATEAlpha: ArchitectureDesign {
  private static let norm = NormDesign(placement: .before, epsilon: 1e-6)

  func addSublayers(to chain: inout SublayerChain) {
    let attention = AttentionDesign(projection: .tied, hasOutputBias: false, norm: Self.norm)
    chain.addEmbeddingNorm()
    chain.addLayers { layer in
      layer.addAttention(attention)
      layer.add("ista", .secondHalf) {
        OvercompleteISTA(&$0, decoder: .ownDictionaryWithResidual, norm: Self.norm)
      }
    }
    chain.addNorm("final_norm", epsilon: Self.norm.epsilon)
  }
}
