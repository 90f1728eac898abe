// swift-format-ignore-file: AlwaysUseLowerCamelCase
// f  the sublayer's map     pre-norm   Y = X + f(LN(X)), or Y = f(LN(X)) without a residual
//                           post-norm  Y = LN(X + f(X))

/// The design of a sublayer's LayerNorm.
struct NormDesign: Sendable {
  /// The side of the sublayer.
  enum Placement: Sendable {
    /// Before the sublayer's map, inside its residual.
    case before
    /// After its residual (BERT; Vaswani and others 2017, arXiv:1706.03762).
    case after
  }

  let placement: Placement
  let epsilon: Float
}

/// The LayerNorm of a sublayer, before its map or after its residual.
struct SublayerNorm: Sendable {
  let norm: TokenNorm
  private let placement: NormDesign.Placement
  /// `LN(X)` of pre-norm, computed again by the backward pass, or `X + f(X)` of post-norm.
  private let normed: ActivationID

  init(_ declarations: inout Declarations, design: NormDesign) {
    norm = TokenNorm(
      &declarations, name: "norm", epsilon: design.epsilon, placement: design.placement)
    placement = design.placement
    let width = declarations.configuration.width
    switch placement {
    case .before: normed = declarations.activation(.tokens(width: width), .passing)
    case .after: normed = declarations.activation(.tokens(width: width), .kept)
    }
  }

  /// The input of the sublayer's map: `LN(X)` or `X`.
  func input(_ pass: Pass, _ X: Matrix) -> Matrix {
    switch placement {
    case .before: pass[normed]
    case .after: X
    }
  }

  /// The matrix for the sum of the sublayer's residual and map: `Y`, or the input of the post-norm.
  func sum(_ pass: Pass, _ Y: Matrix) -> Matrix {
    switch placement {
    case .before: Y
    case .after: pass[normed]
    }
  }

  /// Computes ``input(_:_:)`` in `rows`, in the forward and the backward pass.
  func enter(_ pass: Pass, _ X: Matrix, rows: Range<Int>) {
    guard placement == .before else { return }
    norm.forward(pass, X, into: pass[normed], rows: rows)
  }

  /// Computes ``input(_:_:)`` in `rows` and applies `dense` to it.
  func enter(_ pass: Pass, _ X: Matrix, rows: Range<Int>, by dense: Dense, into Y: Matrix) {
    enter(pass, X, rows: rows)
    if placement == .before, dense.forwardSparse(pass, X, rows: rows, into: Y) { return }
    dense.forward(pass, input(pass, X).rows(rows), into: Y.rows(rows))
  }

  /// Computes `Y` from ``sum(_:_:)`` in `rows`.
  func leave(_ pass: Pass, into Y: Matrix, rows: Range<Int>) {
    guard placement == .after else { return }
    norm.forward(pass, pass[normed], into: Y, rows: rows)
  }

  /// Turns the gradient of `Y` into the gradient of the sum, in place.
  func leaveBackward(_ pass: Pass, dY: Matrix, rows: Range<Int>, block: Int) {
    guard placement == .after else { return }
    norm.backward(pass, dY, pass[normed], skip: nil, into: dY, rows: rows, block: block)
  }

  /// The gradient of `X` from the gradient of the map's input and the residual's gradient `skip`.
  func enterBackward(
    _ pass: Pass, _ dInput: Matrix, X: Matrix, skip: Matrix?, into dX: Matrix, rows: Range<Int>,
    block: Int
  ) {
    switch placement {
    case .before:
      norm.backward(pass, dInput, X, skip: skip, into: dX, rows: rows, block: block)
    case .after:
      dX.rows(rows).copy(from: dInput.rows(rows))
      if let skip { Reductions.add(skip.rows(rows), to: dX.rows(rows)) }
    }
  }

  /// Adds the gradients of all blocks, in the order of the blocks.
  func addParts(_ pass: Pass, to gradients: Parameters) {
    norm.addParts(pass, ofRows: pass[normed].rows, to: gradients)
  }
}

/// A LayerNorm of tokens with its parameters and saved statistics.
struct TokenNorm: Sendable {
  let gain: Slot
  let bias: Slot
  private let epsilon: Float
  private let mean: ActivationID
  private let inverseDeviation: ActivationID
  /// The gradients of gain and bias of each block of rows.
  private let gainParts: ActivationID
  private let biasParts: ActivationID

  /// - Parameters:
  ///   - declarations: the operator's declarations.
  ///   - name: the norm's name within the operator; `nil` if it is the whole operator.
  ///   - epsilon: ε.
  ///   - placement: its side of the operator.
  init(
    _ declarations: inout Declarations, name: String?, epsilon: Float,
    placement: NormDesign.Placement = .before
  ) {
    let width = declarations.configuration.width
    let prefix = name.map { "\($0)." } ?? ""
    self.epsilon = epsilon
    declarations.norm(name, NormDesign(placement: placement, epsilon: epsilon))
    gain = declarations.vector("\(prefix)gain", width, .ones)
    bias = declarations.vector("\(prefix)bias", width, .zeros)
    mean = declarations.activation(.perToken(rows: 1), .kept)
    inverseDeviation = declarations.activation(.perToken(rows: 1), .kept)
    gainParts = declarations.activation(.blocks(width: width), .passing)
    biasParts = declarations.activation(.blocks(width: width), .passing)
  }

  /// Normalises the tokens in `rows`; `X` and `Y` may be the same.
  func forward(_ pass: Pass, _ X: Matrix, into Y: Matrix, rows: Range<Int>) {
    LayerNorm.forward(
      X.rows(rows), gain: pass.parameters.values[gain][0], bias: pass.parameters.values[bias][0],
      epsilon: epsilon, into: Y.rows(rows), mean: pass[mean][0][rows],
      inverseDeviation: pass[inverseDeviation][0][rows])
  }

  /// μ and ρ of a token, as saved by ``forward(_:_:into:rows:)``.
  func statistics(_ pass: Pass, row: Int) -> (mean: Float, inverseDeviation: Float) {
    (pass[mean][0][row], pass[inverseDeviation][0][row])
  }

  /// The gradient of the tokens in `rows`, block `block`, plus `skip`; `dX` may be `dY` or `skip`.
  func backward(
    _ pass: Pass, _ dY: Matrix, _ X: Matrix, skip: Matrix?, into dX: Matrix, rows: Range<Int>,
    block: Int
  ) {
    let dGain = pass[gainParts][block]
    let dBias = pass[biasParts][block]
    dGain.fill(0)
    dBias.fill(0)
    LayerNorm.backward(
      dY.rows(rows), X.rows(rows), gain: pass.parameters.values[gain][0],
      mean: pass[mean][0][rows], inverseDeviation: pass[inverseDeviation][0][rows],
      skip: skip?.rows(rows), into: dX.rows(rows), dGain: dGain, dBias: dBias)
  }

  /// Adds the gradients of the blocks of `count` rows, in the order of the blocks.
  func addParts(_ pass: Pass, ofRows count: Int, to gradients: Parameters) {
    let blocks = 0..<TokenBlock.count(ofRows: count)
    Reductions.addColumnSums(
      of: pass[gainParts].rows(blocks), to: gradients.values[gain][0])
    Reductions.addColumnSums(
      of: pass[biasParts].rows(blocks), to: gradients.values[bias][0])
  }
}

import Parallel

/// A LayerNorm outside of layers: behind the embeddings, or before the head.
struct NormSublayer: Sublayer {
  private let norm: TokenNorm

  init(_ declarations: inout Declarations, epsilon: Float) {
    norm = TokenNorm(&declarations, name: nil, epsilon: epsilon)
  }

  func forward(_ pass: Pass, _ X: Matrix, into Y: Matrix) {
    pass.forEachBlock(of: X.rows) { rows, _ in
      norm.forward(pass, X, into: Y, rows: rows)
    }
  }

  func backward(
    _ pass: Pass, X: Matrix, Y: Matrix, dY: Matrix, into dX: Matrix, gradients: Parameters
  ) {
    pass.forEachBlock(of: X.rows) { rows, block in
      norm.backward(pass, dY, X, skip: nil, into: dX, rows: rows, block: block)
    }
    norm.addParts(pass, ofRows: X.rows, to: gradients)
  }
}
