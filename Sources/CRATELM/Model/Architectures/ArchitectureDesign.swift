/// What makes an architecture: the sublayers of its layers and the norms between and behind them.
///
/// Everything else (embeddings, residual stream, head, training, generation) is the same for all.
/// Sublayers themselves say what a sequence must remember of them and what their products cost. An
/// architecture is one type in one file and one case of ``Architecture``.
protocol ArchitectureDesign: Sendable {
  /// Adds what stands between embedding and head.
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
  /// Adds the norm behind the embeddings that encoders have, as BERT does.
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
