// swift-format-ignore-file: AlwaysUseLowerCamelCase
// N  [tokens, d]  input or its LayerNorm       W₁  [4d, d], b₁  expansion    W₂  [d, 4d], b₂  contraction
// H = N·W₁ᵀ + b₁  [tokens, 4d]                 G = φ(H)                      Y = X + G·W₂ᵀ + b₂

import Parallel

/// The MLP of a transformer with its residual.
struct FeedForward: Sublayer {
  /// The width between the two matrices, in widths of the stream.
  static let expansionFactor = 4

  let part = TrainingPart.secondHalf
  private let norm: SublayerNorm
  private let expansion: Dense
  private let contraction: Dense
  private let activation: Activation
  private let hidden: Slot
  private let activated: Slot
  private let hiddenGradient: Slot
  private let inputGradient: Slot

  init(_ plan: inout Plan, name: String, norm design: NormDesign) {
    let configuration = plan.configuration
    let (width, wide) = (configuration.width, Self.expansionFactor * configuration.width)
    activation = configuration.activation
    norm = SublayerNorm(&plan, name: "\(name).norm", design: design)
    expansion = Dense(
      &plan, name: "\(name).expansion", hasBias: true, inputs: width, outputs: wide,
      deviation: ModelConfiguration.deviation)
    contraction = Dense(
      &plan, name: "\(name).contraction", hasBias: true, inputs: wide, outputs: width,
      deviation: configuration.outputDeviation)
    hidden = plan.saveTokens(width: wide)
    activated = plan.scratch.reserve(plan.shape.tokens, wide)
    hiddenGradient = plan.gradientTokens(width: wide)
    inputGradient = plan.gradientTokens(width: width)
  }

  func forward(_ pass: Pass, _ X: Matrix, into Y: Matrix) {
    let (N, S) = (norm.input(pass, X), norm.sum(pass, Y))
    let (H, G) = (pass.saved[hidden], pass.scratch[activated])
    pass.workers.forEachBlock(of: X.rows, by: Plan.rowsPerBlock) { rows, _, _ in
      norm.enter(pass, X, rows: rows)
      expansion.forward(pass, N.rows(rows), into: H.rows(rows))
      activation.forward(H.rows(rows), into: G.rows(rows))
      contraction.forward(pass, G.rows(rows), residual: X.rows(rows), into: S.rows(rows))
      norm.leave(pass, into: Y, rows: rows)
    }
  }

  func deadUnitShare(_ pass: Pass, Y: Matrix) -> Double? {
    activation == .relu ? Shrinkage.deadColumnShare(pass.saved[hidden]) : nil
  }

  func backward(
    _ pass: Pass, X: Matrix, Y: Matrix, dY: Matrix, into dX: Matrix, gradients: Parameters
  ) {
    let (H, G) = (pass.saved[hidden], pass.scratch[activated])
    let (dH, dN) = (pass.scratch[hiddenGradient], pass.scratch[inputGradient])
    let dS = dY
    pass.workers.forEachBlock(of: X.rows, by: Plan.rowsPerBlock) { rows, block, _ in
      norm.leaveBackward(pass, dY: dY, rows: rows, block: block)
      contraction.backward(pass, dS.rows(rows), into: dH.rows(rows), block: block)
      // G and N are made again: kept, they would take 5d floats for each token and layer.
      activation.forward(H.rows(rows), into: G.rows(rows))
      activation.backward(H.rows(rows), dH.rows(rows))
      norm.enter(pass, X, rows: rows)
      expansion.backward(pass, dH.rows(rows), into: dN.rows(rows), block: block)
      norm.enterBackward(pass, dN, X: X, skip: dS, into: dX, rows: rows, block: block)
    }
    contraction.addGradients(pass, dS, G, to: gradients)
    expansion.addGradients(pass, dH, norm.input(pass, X), to: gradients)
    norm.addParts(pass, to: gradients)
  }
}
