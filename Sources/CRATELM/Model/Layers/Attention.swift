// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [tokens, d]   input               N  [tokens, d]  LayerNorm(X)
// U  [d, d]        subspaces           C = N·Uᵀ        coordinates in all K subspaces
// A  [tokens, d]   attention's output  O  [d, d], o  [d]   output projection and its bias
// Y = X + A·Oᵀ + o

import Parallel

/// The design of an architecture's attention.
struct AttentionDesign: Sendable {
  let projection: AttentionProjection
  let hasOutputBias: Bool
  let norm: NormDesign
}

/// Multi-head attention with its residual.
///
/// Tied, it is CRATE's multi-head subspace self-attention, `X + MSSA(LayerNorm(X))` (Yu and others
/// 2023, arXiv:2311.13110, eq. MSSA): one projection serves as query, key and value. As in the
/// released code, the output projection is a matrix of its own and scores are divided by √p.
/// Separate, it is the attention of a transformer (Vaswani and others 2017, arXiv:1706.03762), with
/// `C = N·[Q K V]ᵀ + c`.
struct Attention: Sublayer {
  private let norm: SublayerNorm
  private let input: Dense
  private let output: Dense
  private let heads: AttentionHeads
  private let dropout: Dropout
  private let coordinates: ActivationID
  private let attended: ActivationID
  private let attendedGradient: ActivationID
  private let coordinatesGradient: ActivationID

  init(_ declarations: inout Declarations, _ design: AttentionDesign) {
    let width = declarations.configuration.width
    let coordinateWidth = design.projection.coordinateWidth(width)
    norm = SublayerNorm(&declarations, design: design.norm)
    input = Dense(
      &declarations, name: design.projection.parameterName,
      hasBias: design.projection == .separate, inputs: width, outputs: coordinateWidth,
      deviation: ModelConfiguration.deviation, stacked: coordinateWidth / width,
      packing: declarations.isStreamSparse ? .sparseInputs : .rows,
      behind: declarations.isStreamSparse ? norm.norm : nil)
    output = Dense(
      &declarations, name: "projection", hasBias: design.hasOutputBias, inputs: width,
      outputs: width, deviation: declarations.configuration.outputDeviation)
    dropout = Dropout(&declarations)
    coordinates = declarations.activation(width: coordinateWidth, .kept, as: .coordinates)
    heads = AttentionHeads(&declarations, design.projection)
    attended = declarations.activation(width: width, .kept, as: .attended)
    attendedGradient = declarations.activation(.tokens(width: width), .gradient)
    coordinatesGradient = declarations.activation(.tokens(width: coordinateWidth), .gradient)
  }

  func forward(_ pass: Pass, _ X: Matrix, into Y: Matrix) {
    let (C, A) = (pass[coordinates], pass[attended])
    let S = norm.sum(pass, Y)
    pass.forEachBlock(of: X.rows) { rows, _ in
      norm.enter(pass, X, rows: rows, by: input, into: C)
    }
    pass.produced(coordinates, C)
    pass.measure(.attentionHeads) { heads.forward(pass, C, into: A) }
    pass.produced(attended, A)
    pass.forEachBlock(of: X.rows) { rows, _ in
      output.forward(
        pass, A.rows(rows), residual: dropout.residual(pass, X)?.rows(rows), into: S.rows(rows))
      dropout.forward(pass, S, residual: X, rows: rows)
      norm.leave(pass, into: Y, rows: rows)
    }
  }

  func backward(
    _ pass: Pass, X: Matrix, Y: Matrix, dY: Matrix, into dX: Matrix, gradients: Parameters
  ) {
    let (C, A) = (pass[coordinates], pass[attended])
    let (dA, dC) = (pass[attendedGradient], pass[coordinatesGradient])

    // S = X + F, F = A·Oᵀ + o; dY becomes dS, and dX is free
    let dS = dY
    let dF = dropout.gradient(pass, of: dS, orIn: dX)
    pass.forEachBlock(of: X.rows) { rows, block in
      norm.leaveBackward(pass, dY: dY, rows: rows, block: block)
      dropout.backward(pass, dS, into: dF, rows: rows)
      output.backward(pass, dF.rows(rows), into: dA.rows(rows), block: block)
    }
    output.addGradients(pass, dF, A, to: gradients)

    // A = attention(C)
    pass.measure(.attentionHeads) { heads.backward(pass, C, A, dA, into: dC) }

    // C = N·Uᵀ, N = LayerNorm(X); dA is free and takes dN
    let dN = dA
    pass.forEachBlock(of: X.rows) { rows, block in
      norm.enter(pass, X, rows: rows)
      input.backward(pass, dC.rows(rows), into: dN.rows(rows), block: block)
      norm.enterBackward(pass, dN, X: X, skip: dS, into: dX, rows: rows, block: block)
    }
    input.addGradients(pass, dC, norm.input(pass, X), to: gradients)
    norm.addParts(pass, to: gradients)
  }
}

extension AttentionProjection {
  fileprivate var parameterName: String {
    switch self {
    case .tied: "subspaces"
    case .separate: "query_key_value"
    }
  }
}

extension ModelConfiguration {
  /// The deviation of initial embeddings and projections, as published.
  static let deviation: Float = 0.02

  /// The deviation of initial projections into the residual stream: GPT-2 divides by the root of
  /// their number, BERT does not.
  var outputDeviation: Float {
    switch objective.attention {
    case .causal: Self.deviation / (2 * Float(depth)).squareRoot()
    case .bidirectional: Self.deviation
    }
  }
}
