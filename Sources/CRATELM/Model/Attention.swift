// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [tokens, d]   input               N  [tokens, d]  LayerNorm(X)
// U  [d, d]        subspaces           C = N·Uᵀ        coordinates in all K subspaces
// A  [tokens, d]   attention's output  O  [d, d], o  [d]   output projection and its bias
// Y = X + A·Oᵀ + o

import Parallel

/// What the attention of an architecture is.
struct AttentionDesign: Sendable {
  let projection: AttentionProjection
  let hasOutputBias: Bool
  let norm: NormDesign
}

/// Multi-head attention with its residual.
///
/// Tied, it is CRATE's multi-head subspace self-attention, `X + MSSA(LayerNorm(X))` (Yu and others
/// 2023, arXiv:2311.13110, eq. MSSA): one projection serves as query, key and value. As in the
/// released code the output projection is a matrix of its own and scores are divided by √p.
/// Separate, it is that of a transformer (Vaswani and others 2017, arXiv:1706.03762), with
/// `C = N·[Q K V]ᵀ + c`.
struct Attention: Sublayer {
  let part = TrainingPart.attentionProjections
  private let norm: SublayerNorm
  private let input: Dense
  private let output: Dense
  private let heads: AttentionHeads
  private let coordinates: Slot
  private let attended: Slot
  private let attendedGradient: Slot
  private let coordinatesGradient: Slot
  private let layer: Int

  init(_ plan: inout Plan, name: String, layer: Int, design: AttentionDesign) {
    let width = plan.configuration.width
    let coordinateWidth = design.projection.coordinateWidth(width)
    self.layer = layer
    let isBehindSparseLayer =
      layer > 0 && plan.configuration.architecture.design.hasSparseLayers
    norm = SublayerNorm(&plan, name: "\(name).norm", design: design.norm)
    input = Dense(
      &plan, name: design.projection.parameterName(name), hasBias: design.projection == .separate,
      inputs: width, outputs: coordinateWidth, deviation: ModelConfiguration.deviation,
      packing: isBehindSparseLayer ? .sparseInputs : .rows,
      behind: isBehindSparseLayer ? norm.norm : nil)
    output = Dense(
      &plan, name: "\(name).projection", hasBias: design.hasOutputBias, inputs: width,
      outputs: width, deviation: plan.configuration.outputDeviation)
    coordinates = plan.saveTokens(width: coordinateWidth)
    attended = plan.saveTokens(width: width)
    heads = AttentionHeads(&plan)
    attendedGradient = plan.gradientTokens(width: width)
    coordinatesGradient = plan.gradientTokens(width: coordinateWidth)
  }

  func forward(_ pass: Pass, _ X: Matrix, into Y: Matrix) {
    let (C, A) = (pass.saved[coordinates], pass.saved[attended])
    let S = norm.sum(pass, Y)
    pass.workers.forEachBlock(of: X.rows, by: Plan.rowsPerBlock) { rows, _, _ in
      norm.enter(pass, X, rows: rows, by: input, into: C)
    }
    pass.measure(.attentionHeads) { heads.forward(pass, C, layer: layer, into: A) }
    pass.workers.forEachBlock(of: X.rows, by: Plan.rowsPerBlock) { rows, _, _ in
      output.forward(pass, A.rows(rows), residual: X.rows(rows), into: S.rows(rows))
      norm.leave(pass, into: Y, rows: rows)
    }
  }

  func backward(
    _ pass: Pass, X: Matrix, Y: Matrix, dY: Matrix, into dX: Matrix, gradients: Parameters
  ) {
    let (C, A) = (pass.saved[coordinates], pass.saved[attended])
    let (dA, dC) = (pass.scratch[attendedGradient], pass.scratch[coordinatesGradient])

    // S = X + A·Oᵀ + o; dY becomes dS
    let dS = dY
    pass.workers.forEachBlock(of: X.rows, by: Plan.rowsPerBlock) { rows, block, _ in
      norm.leaveBackward(pass, dY: dY, rows: rows, block: block)
      output.backward(pass, dS.rows(rows), into: dA.rows(rows), block: block)
    }
    output.addGradients(pass, dS, A, to: gradients)

    // A = attention(C)
    pass.measure(.attentionHeads) { heads.backward(pass, C, A, dA, into: dC) }

    // C = N·Uᵀ, N = LayerNorm(X); dA is free and takes dN
    let dN = dA
    pass.workers.forEachBlock(of: X.rows, by: Plan.rowsPerBlock) { rows, block, _ in
      norm.enter(pass, X, rows: rows)
      input.backward(pass, dC.rows(rows), into: dN.rows(rows), block: block)
      norm.enterBackward(pass, dN, X: X, skip: dS, into: dX, rows: rows, block: block)
    }
    input.addGradients(pass, dC, norm.input(pass, X), to: gradients)
    norm.addParts(pass, to: gradients)
  }
}

extension AttentionProjection {
  fileprivate func parameterName(_ name: String) -> String {
    switch self {
    case .tied: "\(name).subspaces"
    case .separate: "\(name).query_key_value"
    }
  }
}

extension ModelConfiguration {
  /// The deviation with which embeddings and projections are drawn, as published.
  static let deviation: Float = 0.02

  /// That of the projections whose outputs are added to the residual: GPT-2 divides by the root of
  /// their number, BERT does not.
  var outputDeviation: Float {
    switch objective.attention {
    case .causal: Self.deviation / (2 * Float(depth)).squareRoot()
    case .bidirectional: Self.deviation
    }
  }
}
