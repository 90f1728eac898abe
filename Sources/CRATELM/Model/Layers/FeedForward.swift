// swift-format-ignore-file: AlwaysUseLowerCamelCase
// N  [tokens, d]   input or its LayerNorm    W₁  [4d, d], b₁  expansion    H = N·W₁ᵀ + b₁  [tokens, 4d]
// G = φ(H)  [tokens, 4d]                      W₂  [d, 4d], b₂  contraction  Y = X + G·W₂ᵀ + b₂

import Parallel

/// The MLP of a transformer with its residual.
struct FeedForward: Sublayer {
  /// The hidden width, in widths of the stream.
  static let expansionFactor = 4

  /// With ReLU, H: its negative elements become zeros, and the backward pass keeps H, not G.
  var sparseRole: ActivationRole? { activation == .relu ? .hidden : nil }
  private let norm: SublayerNorm
  private let expansion: Dense
  private let contraction: Dense
  private let activation: Activation
  private let dropout: Dropout
  private let input: ActivationID
  private let hidden: ActivationID
  private let activated: ActivationID
  private let hiddenGradient: ActivationID
  private let inputGradient: ActivationID

  init(_ declarations: inout Declarations, norm design: NormDesign) {
    let configuration = declarations.configuration
    let (width, wide) = (configuration.width, Self.expansionFactor * configuration.width)
    activation = configuration.activation
    norm = SublayerNorm(&declarations, design: design)
    expansion = Dense(
      &declarations, name: "expansion", hasBias: true, inputs: width, outputs: wide,
      deviation: ModelConfiguration.deviation)
    contraction = Dense(
      &declarations, name: "contraction", hasBias: true, inputs: wide, outputs: width,
      deviation: configuration.outputDeviation)
    dropout = Dropout(&declarations)
    input = declarations.name(.input, .vector(width: width))
    hidden = declarations.activation(width: wide, .kept, as: .hidden)
    activated = declarations.activation(width: wide, .passing, as: .code)
    hiddenGradient = declarations.activation(.tokens(width: wide), .gradient)
    inputGradient = declarations.activation(.tokens(width: width), .gradient)
  }

  func forward(_ pass: Pass, _ X: Matrix, into Y: Matrix) {
    let (N, S) = (norm.input(pass, X), norm.sum(pass, Y))
    let (H, G) = (pass[hidden], pass[activated])
    pass.inSteps(
      of: X.rows,
      { norm.enter(pass, X, rows: $0) }, giving: (input, N),
      { expansion.forward(pass, N.rows($0), into: H.rows($0)) }, giving: (hidden, H),
      { activation.forward(H.rows($0), into: G.rows($0)) }, giving: (activated, G),
      { rows in
        contraction.forward(
          pass, G.rows(rows), residual: dropout.residual(pass, X)?.rows(rows), into: S.rows(rows))
        dropout.forward(pass, S, residual: X, rows: rows)
        norm.leave(pass, into: Y, rows: rows)
      })
  }

  func backward(
    _ pass: Pass, X: Matrix, Y: Matrix, dY: Matrix, into dX: Matrix, gradients: Parameters
  ) {
    let (H, G) = (pass[hidden], pass[activated])
    let dH = pass[hiddenGradient]
    // Y = X + F; where F is dropped, dF needs a matrix, and dN takes that of dX.
    let dS = dY
    let dF = dropout.gradient(pass, of: dS, orIn: pass[inputGradient])
    let dN = dropout.gradient(pass, of: pass[inputGradient], orIn: dX)
    pass.forEachBlock(of: X.rows) { rows, block in
      norm.leaveBackward(pass, dY: dY, rows: rows, block: block)
      dropout.backward(pass, dS, into: dF, rows: rows)
      contraction.backward(pass, dF.rows(rows), into: dH.rows(rows), block: block)
      // G and N are made again: kept, they would take 5d floats for each token and layer.
      activation.forward(H.rows(rows), into: G.rows(rows))
      activation.backward(H.rows(rows), dH.rows(rows))
      norm.enter(pass, X, rows: rows)
      expansion.backward(pass, dH.rows(rows), into: dN.rows(rows), block: block)
      norm.enterBackward(pass, dN, X: X, skip: dS, into: dX, rows: rows, block: block)
    }
    contraction.addGradients(pass, dF, G, to: gradients)
    expansion.addGradients(pass, dH, norm.input(pass, X), to: gradients)
    norm.addParts(pass, to: gradients)
  }
}
