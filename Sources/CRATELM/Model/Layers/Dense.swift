// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [tokens, inputs]    W  [outputs, inputs]    b  [outputs]    Y = X·Wᵀ + b  [tokens, outputs]

/// An affine map of every token, `Y = X·Wᵀ + b`, or a linear one without `b`.
struct Dense: Sendable {
  private let weight: Weight
  private let bias: Slot?
  /// The bias' gradient of each block of rows.
  private let biasParts: ActivationID

  init(
    _ declarations: inout Declarations, name: String, hasBias: Bool, inputs: Int, outputs: Int,
    deviation: Float, stacked: Int = 1,
    packing: Weight.Packing = .rows, behind norm: TokenNorm? = nil
  ) {
    weight = declarations.weight(
      name, outputs, inputs, .normal(deviation: deviation), stacked: stacked, packing: packing,
      behind: norm)
    bias = hasBias ? declarations.vector("\(name)_bias", outputs, .zeros) : nil
    biasParts = declarations.activation(
      hasBias ? .blocks(width: outputs) : .nothing, .passing)
  }

  /// `Y = X·Wᵀ + b`, plus `residual` if given; all matrices are the same block of rows.
  func forward(_ pass: Pass, _ X: Matrix, residual: Matrix? = nil, into Y: Matrix) {
    let theta = pass.parameters.values
    if let residual, let bias {
      for row in 0..<Y.rows { Reductions.sum(residual[row], theta[bias][0], into: Y[row]) }
    } else if let residual {
      Y.copy(from: residual)
    } else if let bias {
      for row in 0..<Y.rows { Y[row].copy(from: theta[bias][0]) }
    }
    pass.multiply(
      X, by: weight, .transposed, into: Y, beta: residual == nil && bias == nil ? 0 : 1)
  }

  /// `Y = LayerNorm(X)·Wᵀ` in `rows`, from the non-zeros of `X`.
  ///
  /// - Returns: false, having done nothing, if there is a bias or the weight is not packed for it.
  func forwardSparse(_ pass: Pass, _ X: Matrix, rows: Range<Int>, into Y: Matrix) -> Bool {
    bias == nil && pass.multiplyNormed(X, by: weight, rows: rows, into: Y)
  }

  /// `dX = dY·W` for block `block` of the rows; keeps the block's gradient of the bias.
  func backward(_ pass: Pass, _ dY: Matrix, into dX: Matrix, block: Int) {
    pass.multiply(dY, .plain, pass.parameters[weight], .plain, into: dX)
    guard bias != nil else { return }
    let part = pass[biasParts][block]
    part.fill(0)
    Reductions.addColumnSums(of: dY, to: part)
  }

  /// `dW += dYᵀ·X` for all rows; adds the blocks' gradients of the bias.
  func addGradients(_ pass: Pass, _ dY: Matrix, _ X: Matrix, to gradients: Parameters) {
    pass.addTransposedProduct(dY, X, to: gradients[weight])
    if let bias {
      let parts = pass[biasParts].rows(0..<TokenBlock.count(ofRows: dY.rows))
      Reductions.addColumnSums(of: parts, to: gradients.values[bias][0])
    }
  }
}
