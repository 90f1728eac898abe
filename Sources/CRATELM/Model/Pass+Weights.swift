// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [tokens, inputs]     W  a weight in its format     Y  [tokens, outputs]

/// Products with weights, in the format that the pass has them in.
extension Pass {
  /// The outputs for which a packed weight is expanded at a time, to be multiplied by many tokens.
  private static let outputsPerBlock = 128

  /// `Y ← α·X·W + β·Y`, or with `Wᵀ`: of many tokens a product of matrices by the calling thread,
  /// of few a product of vectors by all.
  ///
  /// - Parameters:
  ///   - X: `[tokens, inputs]`.
  ///   - weight: the weight.
  ///   - orientation: how it enters; transposed, its rows are outputs.
  ///   - outputs: those that are wanted; `nil` for all.
  ///   - Y: `[tokens, outputs]`.
  ///   - alpha: α.
  ///   - beta: β; 0 overwrites.
  func multiply(
    _ X: Matrix, by weight: Weight, _ orientation: Orientation, outputs: Range<Int>? = nil,
    into Y: Matrix, alpha: Float = 1, beta: Float = 0
  ) {
    let values = parameters[weight]
    let all = 0..<(orientation == .plain ? values.columns : values.rows)
    let outputs = outputs ?? all
    guard let (Q, isTransposed) = packed?[weight] else {
      let W = orientation == .plain ? values.columns(outputs) : values.rows(outputs)
      guard X.rows < VectorProduct.rowLimit else {
        return multiply(X, .plain, W, orientation, into: Y, alpha: alpha, beta: beta)
      }
      return multiplyVectors(
        X, weight, WeightMatrix(W), orientation, into: Y, alpha: alpha, beta: beta)
    }
    let packedOrientation = isTransposed ? orientation.opposite : orientation
    guard X.rows < VectorProduct.rowLimit && outputs == all else {
      return multiplyExpanded(
        X, Q, packedOrientation, outputs: outputs, into: Y, alpha: alpha, beta: beta)
    }
    multiplyVectors(X, weight, Q, packedOrientation, into: Y, alpha: alpha, beta: beta)
  }

  private func multiplyVectors(
    _ X: Matrix, _ weight: Weight, _ W: WeightMatrix, _ orientation: Orientation, into Y: Matrix,
    alpha: Float, beta: Float
  ) {
    let product = VectorProduct(workers: workers, traffic: traffic)
    switch orientation {
    case .plain:
      product.multiply(X, W, into: Y, alpha: alpha, beta: beta, parts: scratch[weight.parts])
    case .transposed: product.multiplyTransposed(X, W, into: Y, alpha: alpha, beta: beta)
    }
  }

  /// The product with some outputs' weights in single precision, a block of outputs at a time.
  private func multiplyExpanded(
    _ X: Matrix, _ Q: WeightMatrix, _ orientation: Orientation, outputs: Range<Int>,
    into Y: Matrix, alpha: Float, beta: Float
  ) {
    let inputs = orientation == .plain ? Q.rows : Q.columns
    let capacity = Self.outputsPerBlock * inputs
    unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: capacity) { memory in
      guard let base = memory.baseAddress else { return }
      for start in stride(
        from: outputs.lowerBound, to: outputs.upperBound, by: Self.outputsPerBlock)
      {
        let block = start..<min(start + Self.outputsPerBlock, outputs.upperBound)
        let (rows, columns) =
          orientation == .plain ? (0..<Q.rows, block) : (block, 0..<Q.columns)
        let W = unsafe Matrix(
          base: base, rows: rows.count, columns: columns.count, stride: columns.count)
        Q.expand(rows: rows, columns: columns, into: W)
        let place = block.lowerBound - outputs.lowerBound
        multiply(
          X, .plain, W, orientation, into: Y.columns(place..<place + block.count), alpha: alpha,
          beta: beta)
      }
    }
  }
}

extension Orientation {
  var opposite: Orientation {
    switch self {
    case .plain: .transposed
    case .transposed: .plain
    }
  }
}
