// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [tokens, width]      output of the last layer     E  [vocabulary, width]  token embedding
// H  [predictions, width] its rows where a token is predicted; in a masked model what MaskedHead
//                         makes of them                c  [vocabulary]  bias of a masked model
// Z = H·Eᵀ + c  [chunk, vocabulary]  logits of a chunk
// dH = dZ·E               dE += dZᵀ·H                  dc += Σ dZ

import Parallel

/// The tied head with its cross-entropy, at the positions where a token is predicted.
///
/// Predictions are taken a chunk at a time, so that their logits are never held together.
struct LanguageHead: Sendable {
  private let tokens: Weight
  private let masked: MaskedHead?
  private let bias: Slot?
  private let gathered: Slot
  private let gatheredGradient: Slot
  private let logits: Slot
  private let losses: Slot

  /// Logits held at a time, in floats, where that leaves at least two blocks of tokens: with fewer
  /// the embeddings, which all chunks read, would come from memory too often.
  private static let logitBudget = 1 << 22
  private static let leastBlocks = 2
  /// The vocabulary entries whose logits, or whose gradient, one task computes.
  private static let entriesPerTask = 512
  /// The coordinates of the gradient of a token that one task computes.
  private static let columnsPerTask = 384
  /// The tokens whose softmax one task computes.
  private static let rowsPerSoftmax = 32

  init(_ plan: inout Plan, embedding: TokenEmbedding) {
    let (vocabulary, width) = (plan.configuration.vocabularySize, plan.configuration.width)
    let blocks = max(
      Self.leastBlocks, Self.logitBudget / vocabulary / Plan.rowsPerBlock)
    let isSparse = plan.configuration.hasSparseOutput
    tokens = plan.weight(
      at: embedding.tokens, of: .parameters, packing: isSparse ? .sparseInputs : .rows)
    switch plan.configuration.objective {
    case .causal: (masked, bias) = (nil, nil)
    case .masked:
      masked = MaskedHead(&plan, name: "head")
      bias = plan.parameters.vector("head.bias", vocabulary, .zeros)
    }
    gathered = plan.scratch.reserve(plan.shape.tokens, width)
    gatheredGradient = plan.gradientTokens(width: width)
    // Generation takes the logits of one token of every sequence at once.
    let rows = max(blocks * Plan.rowsPerBlock, plan.shape.sequences)
    logits = plan.scratch.reserve(min(plan.shape.tokens, rows), vocabulary)
    losses = plan.scratch.reserve(1, plan.shape.tokens)
  }

  /// The logits of a causal model after the tokens in `rows`, in scratch that the next call
  /// overwrites.
  func logits(_ pass: Pass, _ X: Matrix, rows: Range<Int>) -> Matrix {
    project(pass, X.rows(rows))
  }

  /// The logits of all predictions, a chunk at a time.
  func forEachLogits(
    _ pass: Pass, _ X: Matrix, _ batch: Batch,
    _ body: (_ predictions: Range<Int>, _ Z: Matrix) -> Void
  ) {
    let H = input(pass, gather(pass, X, batch))
    for chunk in chunks(of: H.rows) { body(chunk, project(pass, H.rows(chunk))) }
  }

  /// The loss of every prediction, in nats; valid until the next call.
  func losses(_ pass: Pass, _ X: Matrix, _ batch: Batch) -> Row {
    let losses = pass.scratch[losses][0]
    let H = input(pass, gather(pass, X, batch))
    for chunk in chunks(of: H.rows) {
      let Z = project(pass, H.rows(chunk))
      forEachSoftmaxBlock(pass, of: chunk) { rows, predictions in
        CrossEntropy.forward(
          Z.rows(rows), targets: batch.targets.span.extracting(predictions),
          losses: losses[predictions])
      }
    }
    return losses[0..<H.rows]
  }

  /// Writes the loss of every prediction, for ``losses(_:count:)``; overwrites `dX` with the gradient of
  /// `X` and adds those of the parameters, all of `scale · Σ loss`.
  func backward(
    _ pass: Pass, _ X: Matrix, _ batch: Batch, scale: Float, into dX: Matrix,
    gradients: Parameters
  ) {
    let losses = pass.scratch[losses][0]
    let predicted = gather(pass, X, batch)
    let H = input(pass, predicted)
    let isWhole = batch.predicted.count == X.rows
    let dH = isWhole ? dX : pass.scratch[gatheredGradient].rows(0..<H.rows)
    for chunk in chunks(of: H.rows) {
      let Z = project(pass, H.rows(chunk))
      pass.measure(.crossEntropy) {
        forEachSoftmaxBlock(pass, of: chunk) { rows, predictions in
          CrossEntropy.forwardBackward(
            Z.rows(rows), targets: batch.targets.span.extracting(predictions), scale: scale,
            losses: losses[predictions])
        }
      }
      multiplyGradients(pass, dZ: Z, H.rows(chunk), into: dH.rows(chunk), gradients)
    }
    masked?.backward(pass, predicted, dH, gradients: gradients)
    if !isWhole { scatter(pass, dH, batch, into: dX) }
  }

  /// The losses of the last pass of `count` predictions; valid until the next.
  func losses(_ pass: Pass, count: Int) -> Row { pass.scratch[losses][0][0..<count] }

  /// What the tied product takes of the predicted rows.
  private func input(_ pass: Pass, _ predicted: Matrix) -> Matrix {
    masked?.forward(pass, predicted) ?? predicted
  }

  /// The rows of `X` where a token is predicted, one after the other.
  private func gather(_ pass: Pass, _ X: Matrix, _ batch: Batch) -> Matrix {
    let positions = batch.predicted
    if positions.count == X.rows { return X }
    let rows = pass.scratch[gathered].rows(0..<positions.count)
    pass.workers.forEachBlock(of: rows.rows, by: Plan.rowsPerBlock) { block, _, _ in
      for row in block { rows[row].copy(from: X[positions[row]]) }
    }
    return rows
  }

  /// Overwrites `dX` with the rows of `dH` where a token is predicted, elsewhere with zeros.
  private func scatter(_ pass: Pass, _ dH: Matrix, _ batch: Batch, into dX: Matrix) {
    let positions = batch.predicted
    pass.workers.forEachBlock(of: dX.rows, by: Plan.rowsPerBlock) { block, _, _ in
      dX.rows(block).clear()
    }
    pass.workers.forEachBlock(of: dH.rows, by: Plan.rowsPerBlock) { block, _, _ in
      for row in block { dX[positions[row]].copy(from: dH[row]) }
    }
  }

  /// `Z = H·Eᵀ + c`, in scratch that the next call overwrites.
  private func project(_ pass: Pass, _ H: Matrix) -> Matrix {
    let theta = pass.parameters.values
    let Z = pass.scratch[logits].rows(0..<H.rows)
    if pass.takesVectors(H.rows) {
      if let bias { for row in 0..<Z.rows { Z[row].copy(from: theta[bias][0]) } }
      pass.multiply(H, by: tokens, .transposed, into: Z, beta: bias == nil ? 0 : 1)
      return Z
    }
    pass.workers.forEachTile(of: Z, rows: Plan.rowsPerBlock, columns: Self.entriesPerTask) {
      rows, entries in
      let part = Z.rows(rows).columns(entries)
      if let bias {
        for row in 0..<part.rows { part[row].copy(from: theta[bias][0][entries]) }
      }
      pass.multiply(
        H.rows(rows), by: tokens, .transposed, outputs: entries, into: part,
        beta: bias == nil ? 0 : 1)
    }
    return Z
  }

  /// `dH = dZ·E` by blocks of tokens and columns, `dE += dZᵀ·H` and `dc += Σ dZ` by blocks of entries.
  private func multiplyGradients(
    _ pass: Pass, dZ: Matrix, _ H: Matrix, into dH: Matrix, _ gradients: Parameters
  ) {
    let (E, dE) = (pass.parameters[tokens], gradients[tokens])
    pass.workers.forEachTile(of: dH, rows: Plan.rowsPerBlock, columns: Self.columnsPerTask) {
      rows, columns in
      pass.multiply(
        dZ.rows(rows), .plain, E.columns(columns), .plain, into: dH.rows(rows).columns(columns))
    }
    pass.workers.forEachBlock(of: E.rows, by: Self.entriesPerTask) { entries, _, _ in
      let part = dZ.columns(entries)
      pass.multiply(part, .transposed, H, .plain, into: dE.rows(entries), beta: 1)
      if let bias { Reductions.addColumnSums(of: part, to: gradients.values[bias][0][entries]) }
    }
  }

  /// Runs `body` for blocks of a chunk: their rows in its logits, and their predictions.
  private func forEachSoftmaxBlock(
    _ pass: Pass, of chunk: Range<Int>,
    _ body: @Sendable (_ rows: Range<Int>, _ predictions: Range<Int>) -> Void
  ) {
    pass.workers.forEachBlock(of: chunk.count, by: Self.rowsPerSoftmax) { rows, _, _ in
      body(rows, chunk.lowerBound + rows.lowerBound..<chunk.lowerBound + rows.upperBound)
    }
  }

  private func chunks(of rows: Int) -> some Sequence<Range<Int>> {
    stride(from: 0, to: rows, by: logits.rows).lazy.map { $0..<min($0 + logits.rows, rows) }
  }
}

extension ModelConfiguration {
  /// Whether the last layer's output, which the head multiplies, has many exact zeros.
  fileprivate var hasSparseOutput: Bool {
    let design = architecture.design
    return objective == .causal && design.hasSparseLayers
      && design.finalNormEpsilon(for: objective) == nil
  }
}
