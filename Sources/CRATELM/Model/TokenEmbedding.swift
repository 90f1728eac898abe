// swift-format-ignore-file: AlwaysUseLowerCamelCase
// E  [vocabulary, width]  tokens      Q  [context, width]  positions
// X = E[id] + Q[position]             Z = H·Eᵀ  logits, with the same E

/// The entrance and the exit of a model: learned embeddings of tokens and positions, and the head
/// that is tied to the former.
struct TokenEmbedding: Sendable {
  let tokens: Slot
  let positions: Slot
  private let context: Int
  private let positionOffset: Int

  init(_ plan: inout Plan) {
    let configuration = plan.configuration
    context = plan.shape.context
    positionOffset = configuration.positionOffset
    tokens = plan.parameters.matrix(
      "token_embedding", configuration.vocabularySize, configuration.width,
      .normal(deviation: ModelConfiguration.deviation))
    positions = plan.parameters.matrix(
      "position_embedding", configuration.positionOffset + configuration.contextLength,
      configuration.width, .normal(deviation: ModelConfiguration.deviation))
  }

  /// `X = E[ids] + Q[position]`, positions continuing after the cache's.
  func forward(_ pass: Pass, _ ids: [Int32], into X: Matrix) {
    let theta = pass.parameters.values
    Embedding.forward(
      ids.span, tokens: theta[tokens], positions: theta[positions],
      firstPosition: positionOffset + (pass.cache?.length ?? 0), context: context, into: X)
  }

  /// Adds `dX` to the gradients of the embeddings, each task a part of the width.
  func backward(_ pass: Pass, _ ids: [Int32], _ dX: Matrix, gradients: Parameters) {
    let dTheta = gradients.values
    pass.workers.forEachBlock(of: dX.columns, by: 64) { columns, _, _ in
      Embedding.backward(
        ids.span, dX.columns(columns), tokens: dTheta[tokens].columns(columns),
        positions: dTheta[positions].rows(positionOffset..<positionOffset + context)
          .columns(columns), context: context)
    }
  }
}
