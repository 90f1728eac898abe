// swift-format-ignore-file: AlwaysUseLowerCamelCase
// E  [vocabulary, width]  tokens      Q  [context, width]  positions      S  [2, width]  types
// X = E[id] + Q[position], in a masked model + S[0]            Z = H·Eᵀ  logits, with the same E

import Parallel

/// Learned embeddings of tokens and positions; the head reuses the token embeddings.
struct TokenEmbedding: Sendable {
  let tokens: Slot
  let positions: Slot
  /// A masked model's embeddings of the first and second text of a pair, as in BERT; every token
  /// belongs to the first.
  private let types: Slot?
  private let positionOffset: Int
  private let dropout: Dropout

  init(_ declarations: inout Declarations) {
    let configuration = declarations.configuration
    positionOffset = configuration.positionOffset
    dropout = Dropout(&declarations)
    tokens = declarations.matrix(
      "token_embedding", configuration.vocabularySize, configuration.width,
      .normal(deviation: ModelConfiguration.deviation))
    positions = declarations.matrix(
      "position_embedding", configuration.positionOffset + configuration.contextLength,
      configuration.width, .normal(deviation: ModelConfiguration.deviation))
    switch configuration.objective.attention {
    case .causal: types = nil
    case .bidirectional:
      types = declarations.matrix(
        "token_type_embedding", 2, configuration.width,
        .normal(deviation: ModelConfiguration.deviation))
    }
  }

  /// `X = E[ids] + Q[position] + S[0]`; positions count from the start of each sequence.
  func forward(_ pass: Pass, _ ids: [Int32], into X: Matrix) {
    let theta = pass.parameters.values
    pass.forEachBlock(of: X.rows) { rows, _ in
      Embedding.forward(
        ids.span, rows: rows, tokens: theta[tokens], positions: theta[positions],
        position: { positionOffset + pass.position($0) }, into: X)
      if let types { Reductions.add(theta[types][0], toRowsOf: X.rows(rows)) }
      dropout.forward(pass, X, rows: rows)
    }
  }

  /// Adds `dX` to the gradients of the embeddings, in tasks by columns; it may change `dX`.
  func backward(_ pass: Pass, _ ids: [Int32], _ dX: Matrix, gradients: Parameters) {
    let (dTheta, context) = (gradients.values, pass.shape.context)
    if pass.dropout != nil {
      pass.forEachBlock(of: dX.rows) { rows, _ in
        dropout.backward(pass, dX, into: dX, rows: rows)
      }
    }
    pass.workers.forEachBlock(of: dX.columns, by: 64) { columns, _, _ in
      Embedding.backward(
        ids.span, dX.columns(columns), tokens: dTheta[tokens].columns(columns),
        positions: dTheta[positions].rows(positionOffset..<positionOffset + context)
          .columns(columns), context: context)
      if let types {
        Reductions.addColumnSums(of: dX.columns(columns), to: dTheta[types][0][columns])
      }
    }
  }
}
