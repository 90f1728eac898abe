/// What makes an architecture: its attention, the other half of its layers, and its last norm.
///
/// Everything else (embeddings, residual stream, head, training, generation) is the same for all.
/// An architecture is one type in one file and one case of ``Architecture``.
protocol ArchitectureDesign: Sendable {
  /// The first half of every layer.
  func attention(for objective: Objective) -> AttentionDesign

  /// The second half of layer `name`.
  func secondHalf(_ plan: inout Plan, name: String) -> any Sublayer

  /// The multiply-adds per token and direction of the products in a layer of `width` with its
  /// matrices, in the forms that are computed here: forward once, backward twice.
  func weightProducts(width: Int) -> Int

  /// Whether the output of a layer has many exact zeros.
  var hasSparseLayers: Bool { get }

  /// The ε of the LayerNorm between the last layer and the head; `nil` where there is none.
  func finalNormEpsilon(for objective: Objective) -> Float?
}

extension ArchitectureDesign {
  var hasSparseLayers: Bool { false }
}

extension Architecture {
  var design: any ArchitectureDesign {
    switch self {
    case .crate: CRATE()
    case .crateOvercomplete: OvercompleteCRATE()
    case .crateAlpha: CRATEAlpha()
    case .transformer: Transformer()
    }
  }
}
