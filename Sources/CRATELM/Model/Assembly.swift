/// The operators of a model in their order, with the slots they reserved.
///
/// The one place where a model is put together: parameters, activations and scratch all follow
/// from it.
struct Assembly: Sendable {
  let plan: Plan
  let embedding: TokenEmbedding
  let sublayers: [any Sublayer]
  let layers: [LayerParts]
  /// The input of every sublayer and, last, the output of the last: `sublayers.count + 1` slots.
  let streams: [Slot]
  /// The gradients of a sublayer's output and input, by turns.
  let streamGradients: [Slot]
  let head: LanguageHead

  /// That of BERT.
  private static let embeddingNormEpsilon: Float = 1e-12

  init(
    _ configuration: ModelConfiguration, shape: BatchShape, purpose: Purpose, workerCount: Int
  ) {
    var plan = Plan(
      configuration: configuration, shape: shape, purpose: purpose, workerCount: workerCount)
    embedding = TokenEmbedding(&plan)
    streamGradients = (0..<2).map { _ in plan.gradientTokens(width: configuration.width) }

    var chain = SublayerChain(&plan)
    if configuration.objective.attention == .bidirectional {
      chain.append(&plan) {
        NormStage(&$0, name: "embedding_norm", epsilon: Self.embeddingNormEpsilon)
      }
    }
    let design = configuration.architecture.design
    let attention = design.attention(for: configuration.objective)
    var layers: [LayerParts] = []
    for layer in 0..<configuration.depth {
      let name = "layers.\(layer)"
      let begin = (chain.sublayers.count, plan.parameters.tensors.count)
      chain.append(&plan) {
        Attention(&$0, name: "\(name).attention", layer: layer, design: attention)
      }
      chain.append(&plan) { design.secondHalf(&$0, name: name) }
      layers.append(
        LayerParts(
          sublayers: begin.0..<chain.sublayers.count,
          tensors: begin.1..<plan.parameters.tensors.count))
    }
    self.layers = layers
    if let epsilon = design.finalNormEpsilon(for: configuration.objective) {
      chain.append(&plan) { NormStage(&$0, name: "final_norm", epsilon: epsilon) }
    }
    sublayers = chain.sublayers
    streams = chain.streams
    head = plan.operatorScope { [embedding] in LanguageHead(&$0, embedding: embedding) }
    self.plan = plan
  }
}

/// The places of a layer's parts among those of the model.
struct LayerParts: Sendable {
  let sublayers: Range<Int>
  let tensors: Range<Int>
}

/// Sublayers, each reading what the one before it wrote.
private struct SublayerChain {
  private(set) var sublayers: [any Sublayer] = []
  private(set) var streams: [Slot]
  /// Without a backward pass two slots take turns.
  private let alternating: [Slot]

  init(_ plan: inout Plan) {
    let count = plan.purpose == .training ? 1 : 2
    alternating = (0..<count).map { _ in plan.saveTokens(width: plan.configuration.width) }
    streams = [alternating[0]]
  }

  /// Adds a sublayer and the slot of its output.
  mutating func append(_ plan: inout Plan, _ make: (inout Plan) -> any Sublayer) {
    sublayers.append(plan.operatorScope(make))
    switch plan.purpose {
    case .training: streams.append(plan.saveTokens(width: plan.configuration.width))
    case .inference: streams.append(alternating[sublayers.count % 2])
    }
  }
}
