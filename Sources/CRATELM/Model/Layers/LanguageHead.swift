// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [tokens, width]      output of the last layer     E  [vocabulary, width]  token embedding
// H  [predictions, width] rows of X at predicted positions; in a masked model, the output of
//                         MaskedHead for them          c  [vocabulary]  bias of a masked model
// Z = H·Eᵀ + c  [chunk, vocabulary]  logits of a chunk
// dH = dZ·E               dE += dZᵀ·H                  dc += Σ dZ

import Parallel

/// The tied head with its cross-entropy, at the predicted positions.
///
/// It computes a chunk of predictions at a time, so that all logits never exist together.
struct LanguageHead: Sendable {
  private let tokens: Weight
  private let masked: MaskedHead?
  private let bias: Slot?
  private let input: ActivationID
  private let gathered: ActivationID
  private let gatheredGradient: ActivationID
  private let logits: ActivationID
  private let losses: ActivationID

  /// The logits of a chunk, in floats, but at least two blocks of tokens: with fewer, the
  /// embeddings, which every chunk reads, would come from memory too often.
  private static let logitBudget = 1 << 22
  private static let leastBlocks = 2
  /// The vocabulary entries of a task for logits or for the embedding's gradient.
  private static let entriesPerTask = 512
  /// The columns of a task for the tokens' gradient.
  private static let columnsPerTask = 384
  /// The tokens of a task for the softmax.
  private static let rowsPerSoftmax = 32

  init(_ declarations: inout Declarations, embedding: TokenEmbedding) {
    let configuration = declarations.configuration
    let (vocabulary, width) = (configuration.vocabularySize, configuration.width)
    let blocks = max(Self.leastBlocks, Self.logitBudget / vocabulary / TokenBlock.rows)
    let isSparse = declarations.isStreamSparse && configuration.objective.head == .tied
    tokens = declarations.weight(
      at: embedding.tokens, of: .parameters, packing: isSparse ? .sparseInputs : .rows)
    switch configuration.objective.head {
    case .tied: (masked, bias) = (nil, nil)
    case .transformed:
      masked = MaskedHead(&declarations)
      bias = declarations.vector("bias", vocabulary, .zeros)
    }
    input = declarations.name(.input, .vector(width: width))
    gathered = declarations.activation(.tokens(width: width), .passing)
    gatheredGradient = declarations.activation(.tokens(width: width), .gradient)
    logits = declarations.activation(
      .of { placement in
        // Generation takes the logits of one token of every sequence at once.
        let rows = max(blocks * TokenBlock.rows, placement.shape.sequences)
        return (min(placement.shape.tokens, rows), vocabulary)
      }, .passing)
    losses = declarations.activation(.perToken(rows: 1), .passing)
  }

  /// The logits of a causal model after the tokens in `rows`, valid until the next call.
  func logits(_ pass: Pass, _ X: Matrix, rows: Range<Int>) -> Matrix {
    let H = X.rows(rows)
    pass.produced(input, H)
    return project(pass, H)
  }

  /// Computes the input of the tied product for all predictions, for the observer.
  func observe(_ pass: Pass, _ X: Matrix, _ batch: Batch) {
    if !batch.predicted.isEmpty { _ = transformed(pass, gather(pass, X, batch)) }
  }

  /// The logits of all predictions, a chunk at a time.
  func forEachLogits(
    _ pass: Pass, _ X: Matrix, _ batch: Batch,
    _ body: (_ predictions: Range<Int>, _ Z: Matrix) -> Void
  ) {
    let H = transformed(pass, gather(pass, X, batch))
    for chunk in chunks(pass, of: H.rows) { body(chunk, project(pass, H.rows(chunk))) }
  }

  /// The loss of every prediction, in nats; valid until the next call.
  func losses(_ pass: Pass, _ X: Matrix, _ batch: Batch) -> Row {
    let losses = pass[losses][0]
    let H = transformed(pass, gather(pass, X, batch))
    for chunk in chunks(pass, of: H.rows) {
      let Z = project(pass, H.rows(chunk))
      forEachSoftmaxBlock(pass, of: chunk) { rows, predictions in
        CrossEntropy.forward(
          Z.rows(rows), targets: batch.targets.span.extracting(predictions),
          losses: losses[predictions])
      }
    }
    return losses[0..<H.rows]
  }

  /// The loss of every prediction, in nats, valid until the next call; overwrites `dX` with the
  /// gradient of `scale · Σ loss` with respect to `X` and adds the parameters' gradients.
  func lossesAndGradients(
    _ pass: Pass, _ X: Matrix, _ batch: Batch, scale: Float, into dX: Matrix,
    gradients: Parameters
  ) -> Row {
    let losses = pass[losses][0]
    let predicted = gather(pass, X, batch)
    let H = transformed(pass, predicted)
    let isWhole = batch.predicted.count == X.rows
    let dH = isWhole ? dX : pass[gatheredGradient].rows(0..<H.rows)
    for chunk in chunks(pass, of: H.rows) {
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
    return losses[0..<H.rows]
  }

  /// The input of the tied product for the predicted rows.
  private func transformed(_ pass: Pass, _ predicted: Matrix) -> Matrix {
    let H = masked?.forward(pass, predicted) ?? predicted
    pass.produced(input, H)
    return H
  }

  /// The rows of `X` at predicted positions, in order.
  private func gather(_ pass: Pass, _ X: Matrix, _ batch: Batch) -> Matrix {
    let positions = batch.predicted
    if positions.count == X.rows { return X }
    let rows = pass[gathered].rows(0..<positions.count)
    pass.forEachBlock(of: rows.rows) { block, _ in
      for row in block { rows[row].copy(from: X[positions[row]]) }
    }
    return rows
  }

  /// Overwrites `dX` with `dH` at predicted positions and with zeros elsewhere.
  private func scatter(_ pass: Pass, _ dH: Matrix, _ batch: Batch, into dX: Matrix) {
    let positions = batch.predicted
    pass.forEachBlock(of: dX.rows) { block, _ in
      dX.rows(block).clear()
    }
    pass.forEachBlock(of: dH.rows) { block, _ in
      for row in block { dX[positions[row]].copy(from: dH[row]) }
    }
  }

  /// `Z = H·Eᵀ + c`, valid until the next call.
  private func project(_ pass: Pass, _ H: Matrix) -> Matrix {
    let theta = pass.parameters.values
    let Z = pass[logits].rows(0..<H.rows)
    if pass.takesVectors(H.rows) {
      if let bias { for row in 0..<Z.rows { Z[row].copy(from: theta[bias][0]) } }
      pass.multiply(H, by: tokens, .transposed, into: Z, beta: bias == nil ? 0 : 1)
      return Z
    }
    pass.workers.forEachTile(of: Z, rows: TokenBlock.rows, columns: Self.entriesPerTask) {
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

  /// `dH = dZ·E` by blocks of tokens and columns; `dE += dZᵀ·H` and `dc += Σ dZ` by blocks of
  /// entries.
  private func multiplyGradients(
    _ pass: Pass, dZ: Matrix, _ H: Matrix, into dH: Matrix, _ gradients: Parameters
  ) {
    let (E, dE) = (pass.parameters[tokens], gradients[tokens])
    pass.workers.forEachTile(of: dH, rows: TokenBlock.rows, columns: Self.columnsPerTask) {
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

  /// Runs `body` for blocks of a chunk, with their rows in its logits and their predictions.
  private func forEachSoftmaxBlock(
    _ pass: Pass, of chunk: Range<Int>,
    _ body: @Sendable (_ rows: Range<Int>, _ predictions: Range<Int>) -> Void
  ) {
    pass.workers.forEachBlock(of: chunk.count, by: Self.rowsPerSoftmax) { rows, _, _ in
      body(rows, chunk.lowerBound + rows.lowerBound..<chunk.lowerBound + rows.upperBound)
    }
  }

  private func chunks(_ pass: Pass, of rows: Int) -> some Sequence<Range<Int>> {
    let size = pass[logits].rows
    return stride(from: 0, to: rows, by: size).lazy.map { $0..<min($0 + size, rows) }
  }
}
