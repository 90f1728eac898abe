// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [tokens, inputs]     W  a weight in its format     Y  [tokens, outputs]

import Parallel

/// Products with weights in the pass's format.
extension Pass {
  /// The outputs of a packed weight that are expanded at a time for a product with many tokens.
  private static let outputsPerBlock = 128

  /// Whether a product with this many tokens runs as vector products: always if every sequence
  /// grows by one token, so that the number of sequences changes no bit.
  func takesVectors(_ tokenCount: Int) -> Bool {
    tokenCount < VectorProduct.rowLimit || continued != nil && shape.context == 1
  }

  /// `Y ← α·X·W + β·Y`, or with `Wᵀ`; the calling thread multiplies many tokens as matrices, all
  /// threads multiply a few as vectors.
  ///
  /// - Parameters:
  ///   - X: `[tokens, inputs]`.
  ///   - weight: the weight.
  ///   - orientation: the form of the weight; transposed, its rows are outputs.
  ///   - outputs: the wanted outputs; `nil` for all.
  ///   - Y: `[tokens, outputs]`.
  ///   - alpha: α.
  ///   - beta: β; 0 overwrites.
  func multiply(
    _ X: Matrix, by weight: Weight, _ orientation: Orientation, outputs: Range<Int>? = nil,
    into Y: Matrix, alpha: Float = 1, beta: Float = 0
  ) {
    let areFew = takesVectors(X.rows)
    if let (Q, isTransposed) = packed?[weight], Q.format != .fp32 || areFew && outputs == nil {
      let orientation = isTransposed ? orientation.opposite : orientation
      guard areFew && outputs == nil else {
        return multiplyExpanded(
          X, Q, orientation, outputs: outputs, into: Y, alpha: alpha, beta: beta)
      }
      return multiplyVectors(X, Q, orientation, into: Y, alpha: alpha, beta: beta)
    }
    var W = parameters[weight]
    if let outputs { W = orientation == .plain ? W.columns(outputs) : W.rows(outputs) }
    guard areFew else {
      return multiply(X, .plain, W, orientation, into: Y, alpha: alpha, beta: beta)
    }
    multiplyVectors(X, StoredMatrix(W), orientation, into: Y, alpha: alpha, beta: beta)
  }

  /// `Y = LayerNorm(X)·Wᵀ` in a few rows, from the non-zeros of `X`.
  ///
  /// For a token `x` with mean μ and 1/deviation ρ it is
  ///
  ///     y = ρ·(x ∘ gain)·Wᵀ − ρμ·(gain·Wᵀ) + bias·Wᵀ
  ///
  /// - Parameters:
  ///   - X: `[tokens, inputs]`.
  ///   - weight: W.
  ///   - rows: the rows of X and Y.
  ///   - Y: `[tokens, outputs]`.
  /// - Returns: false, having done nothing, for many rows or a weight not packed behind a norm.
  func multiplyNormed(
    _ X: Matrix, by weight: Weight, rows: Range<Int>, into Y: Matrix
  ) -> Bool {
    guard takesVectors(rows.count), let norm = weight.norm,
      let (Q, ofGain, ofBias) = packed?.normed(weight)
    else { return false }
    let product = VectorProduct(workers: workers, traffic: instruments?.traffic)
    let gain = parameters.values[norm.gain][0]
    let inputs = SparseInputs(
      X.rows(rows), alpha: { norm.statistics(self, row: rows.lowerBound + $0).inverseDeviation },
      scales: gain)
    product.multiply(inputs, Q, into: Y.rows(rows), beta: 0)
    for row in rows {
      let (mean, inverseDeviation) = norm.statistics(self, row: row)
      Reductions.add(ofGain, scale: -inverseDeviation * mean, to: Y[row])
      Reductions.add(ofBias, to: Y[row])
    }
    return true
  }

  private func multiplyVectors(
    _ X: Matrix, _ W: StoredMatrix, _ orientation: Orientation, into Y: Matrix, alpha: Float,
    beta: Float
  ) {
    let product = VectorProduct(workers: workers, traffic: instruments?.traffic)
    switch orientation {
    case .plain: product.multiply(X, W, into: Y, alpha: alpha, beta: beta)
    case .transposed: product.multiplyTransposed(X, W, into: Y, alpha: alpha, beta: beta)
    }
  }

  /// The product with weights expanded to single precision, a block of outputs at a time.
  private func multiplyExpanded(
    _ X: Matrix, _ Q: StoredMatrix, _ orientation: Orientation, outputs: Range<Int>?,
    into Y: Matrix, alpha: Float, beta: Float
  ) {
    let (inputs, all) = orientation == .plain ? (Q.rows, Q.columns) : (Q.columns, Q.rows)
    let outputs = outputs ?? 0..<all
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
