/// The operators of a model in their order, with the slots they reserved.
///
/// The one place where a model is put together: parameters, activations and scratch all follow
/// from it.
struct Assembly: Sendable {
  let plan: Plan
  let embedding: TokenEmbedding
  let sublayers: [any Sublayer]
  /// The input of every sublayer and, last, the output of the last: `sublayers.count + 1` slots.
  let streams: [Slot]
  /// The gradients of a sublayer's output and input, by turns.
  let streamGradients: [Slot]
  let head: LanguageHead

  init(
    _ configuration: ModelConfiguration, shape: BatchShape, purpose: Purpose, workerCount: Int
  ) {
    var plan = Plan(
      configuration: configuration, shape: shape, purpose: purpose, workerCount: workerCount)
    embedding = TokenEmbedding(&plan)
    let width = configuration.width
    let count = 2 * configuration.depth + 1
    switch purpose {
    case .training:
      streams = (0..<count).map { _ in plan.saveTokens(width: width) }
      streamGradients = (0..<2).map { _ in plan.scratch.reserve(shape.tokens, width) }
    case .inference:
      let pair = (0..<2).map { _ in plan.saveTokens(width: width) }
      streams = (0..<count).map { pair[$0 % 2] }
      streamGradients = []
    }
    var sublayers: [any Sublayer] = []
    for layer in 0..<configuration.depth {
      let name = "layers.\(layer)"
      switch configuration.architecture {
      case .crate:
        sublayers.append(
          plan.operatorScope { MSSA(&$0, name: "\(name).attention", layer: layer) })
        sublayers.append(plan.operatorScope { ISTA(&$0, name: "\(name).ista") })
      }
    }
    self.sublayers = sublayers
    head = plan.operatorScope { [embedding] in LanguageHead(&$0, embedding: embedding) }
    self.plan = plan
  }
}
