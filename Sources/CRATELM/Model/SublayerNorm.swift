// swift-format-ignore-file: AlwaysUseLowerCamelCase
// f  the sublayer's map     pre-norm   Y = X + f(LN(X)), or Y = f(LN(X)) without a residual
//                           post-norm  Y = LN(X + f(X))

/// The kind of LayerNorm that a sublayer has.
struct NormDesign: Sendable {
  /// On which side of the sublayer it stands.
  enum Placement: Sendable {
    /// Before the sublayer's map, inside of its residual.
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
  /// `LN(X)` of pre-norm, which the backward pass makes again, or `X + f(X)` of post-norm.
  private let normed: Slot

  init(_ plan: inout Plan, name: String, design: NormDesign) {
    norm = TokenNorm(&plan, name: name, epsilon: design.epsilon)
    placement = design.placement
    let width = plan.configuration.width
    normed =
      switch placement {
      case .before: plan.scratch.reserve(plan.shape.tokens, width)
      case .after: plan.saveTokens(width: width)
      }
  }

  /// What the sublayer's map takes: `LN(X)` or `X`.
  func input(_ pass: Pass, _ X: Matrix) -> Matrix {
    switch placement {
    case .before: pass.scratch[normed]
    case .after: X
    }
  }

  /// Where the sublayer writes the sum of its residual and its map: `Y`, or what becomes `Y`.
  func sum(_ pass: Pass, _ Y: Matrix) -> Matrix {
    switch placement {
    case .before: Y
    case .after: pass.saved[normed]
    }
  }

  /// Brings ``input(_:_:)`` up to date in `rows`, in the forward and in the backward pass.
  func enter(_ pass: Pass, _ X: Matrix, rows: Range<Int>) {
    guard placement == .before else { return }
    norm.forward(pass, X, into: pass.scratch[normed], rows: rows)
  }

  /// Brings ``input(_:_:)`` up to date in `rows` and multiplies it by the weights of `dense`.
  func enter(_ pass: Pass, _ X: Matrix, rows: Range<Int>, by dense: Dense, into Y: Matrix) {
    enter(pass, X, rows: rows)
    if placement == .before, dense.forwardSparse(pass, X, rows: rows, into: Y) { return }
    dense.forward(pass, input(pass, X).rows(rows), into: Y.rows(rows))
  }

  /// Makes `Y` of ``sum(_:_:)`` in `rows`.
  func leave(_ pass: Pass, into Y: Matrix, rows: Range<Int>) {
    guard placement == .after else { return }
    norm.forward(pass, pass.saved[normed], into: Y, rows: rows)
  }

  /// Turns the gradient of `Y` into that of the sum, in place.
  func leaveBackward(_ pass: Pass, dY: Matrix, rows: Range<Int>, block: Int) {
    guard placement == .after else { return }
    norm.backward(pass, dY, pass.saved[normed], skip: nil, into: dY, rows: rows, block: block)
  }

  /// The gradient of `X` from that of the map's input and, where there is a residual, its `skip`.
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

  /// Adds the parts of all blocks to the gradients, in the order of the blocks.
  func addParts(_ pass: Pass, to gradients: Parameters) {
    norm.addParts(pass, ofRows: normed.rows, to: gradients)
  }
}
