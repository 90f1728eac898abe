// swift-format-ignore-file: AlwaysUseLowerCamelCase
// H  [tokens, width]      output of the last layer     E  [vocabulary, width]  token embedding
// Z = H·Eᵀ  [chunk, vocabulary]  logits of a chunk     dH = dZ·E               dE += dZᵀ·H

/// The tied head with its cross-entropy, a chunk of tokens at a time: the logits of all tokens are
/// never held together.
struct LanguageHead: Sendable {
  private let tokens: Slot
  private let logits: Slot
  private let losses: Slot

  /// Logits held at a time, in floats, where that leaves at least one block of tokens.
  private static let logitBudget = 1 << 22
  /// The vocabulary entries whose logits, or whose gradient, one task computes.
  private static let entriesPerTask = 512
  /// The tokens whose softmax one task computes.
  private static let rowsPerSoftmax = 32

  init(_ plan: inout Plan, embedding: TokenEmbedding) {
    let vocabulary = plan.configuration.vocabularySize
    let blocks = max(1, Self.logitBudget / vocabulary / Plan.rowsPerBlock)
    tokens = embedding.tokens
    // Generation takes the logits of one token of every sequence at once.
    let rows = max(blocks * Plan.rowsPerBlock, plan.shape.sequences)
    logits = plan.scratch.reserve(min(plan.shape.tokens, rows), vocabulary)
    losses = plan.scratch.reserve(1, plan.shape.tokens)
  }

  /// The logits of the tokens in `rows`, in scratch that the next call overwrites.
  func logits(_ pass: Pass, _ H: Matrix, rows: Range<Int>) -> Matrix {
    let (E, Z) = (pass.parameters.values[tokens], pass.scratch[logits].rows(0..<rows.count))
    pass.workers.forEachBlock(of: E.rows, by: Self.entriesPerTask) { entries, _, _ in
      multiply(
        H.rows(rows), .plain, E.rows(entries), .transposed, into: Z.columns(entries))
    }
    return Z
  }

  /// The loss of every token, in nats; valid until the next call.
  func losses(_ pass: Pass, _ H: Matrix, targets: [Int32]) -> Row {
    let losses = pass.scratch[losses][0]
    for chunk in chunks(of: H.rows) {
      let Z = logits(pass, H, rows: chunk)
      forEachSoftmaxBlock(pass, of: chunk) { rows, tokens in
        CrossEntropy.forward(
          Z.rows(rows), targets: targets.span.extracting(tokens), losses: losses[tokens])
      }
    }
    return losses
  }

  /// The loss of every token, as ``losses(_:_:targets:)``; overwrites `dH` with the gradient of
  /// `H` and adds that of the embedding, both of `scale · Σ loss`.
  func backward(
    _ pass: Pass, _ H: Matrix, targets: [Int32], scale: Float, into dH: Matrix,
    gradients: Parameters
  ) -> Row {
    let losses = pass.scratch[losses][0]
    for chunk in chunks(of: H.rows) {
      let Z = logits(pass, H, rows: chunk)
      forEachSoftmaxBlock(pass, of: chunk) { rows, tokens in
        CrossEntropy.forwardBackward(
          Z.rows(rows), targets: targets.span.extracting(tokens), scale: scale,
          losses: losses[tokens])
      }
      multiplyGradients(pass, dZ: Z, H.rows(chunk), into: dH.rows(chunk), gradients)
    }
    return losses
  }

  /// `dH = dZ·E` by blocks of tokens and `dE += dZᵀ·H` by blocks of entries.
  private func multiplyGradients(
    _ pass: Pass, dZ: Matrix, _ H: Matrix, into dH: Matrix, _ gradients: Parameters
  ) {
    let (E, dE) = (pass.parameters.values[tokens], gradients.values[tokens])
    pass.workers.forEachBlock(of: H.rows, by: Plan.rowsPerBlock) { rows, _, _ in
      multiply(dZ.rows(rows), .plain, E, .plain, into: dH.rows(rows))
    }
    pass.workers.forEachBlock(of: E.rows, by: Self.entriesPerTask) { entries, _, _ in
      multiply(
        dZ.columns(entries), .transposed, H, .plain, into: dE.rows(entries), beta: 1)
    }
  }

  /// Runs `body` for blocks of a chunk: their rows in its logits, and their tokens in the batch.
  private func forEachSoftmaxBlock(
    _ pass: Pass, of chunk: Range<Int>,
    _ body: @Sendable (_ rows: Range<Int>, _ tokens: Range<Int>) -> Void
  ) {
    pass.workers.forEachBlock(of: chunk.count, by: Self.rowsPerSoftmax) { rows, _, _ in
      body(rows, chunk.lowerBound + rows.lowerBound..<chunk.lowerBound + rows.upperBound)
    }
  }

  private func chunks(of rows: Int) -> [Range<Int>] {
    stride(from: 0, to: rows, by: logits.rows).map { $0..<min($0 + logits.rows, rows) }
  }
}
