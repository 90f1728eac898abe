/// The design of an architecture: the sublayers of its layers and the norms outside of layers.
///
/// Everything else (embeddings, residual stream, head, training, generation) is the same for all.
/// Sublayers declare the memory of sequences and the cost of products themselves. An architecture
/// is one type in one file and one case of ``Architecture``.
protocol ArchitectureDesign: Sendable {
  /// Adds the sublayers between embedding and head.
  func addSublayers(to chain: inout SublayerChain)
}

extension Architecture {
  var design: any ArchitectureDesign {
    switch self {
    case .crate: CRATE()
    case .crateOvercomplete: OvercompleteCRATE()
    case .crateAlpha: CRATEAlpha()
    case .attentionOnly: AttentionOnly()
    case .transformer: Transformer()
    }
  }
}

extension SublayerChain {
  /// Adds the norm behind the embeddings of an encoder, as in BERT.
  mutating func addEmbeddingNorm() {
    guard configuration.objective.attention == .bidirectional else { return }
    addNorm("embedding_norm", epsilon: 1e-12)
  }
}

extension SublayerChain.Layer {
  /// Adds the attention, the first half of every layer.
  mutating func addAttention(_ design: AttentionDesign) {
    add("attention", .attentionProjections) { Attention(&$0, design) }
  }
}
