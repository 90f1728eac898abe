// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [tokens, width]  input            Y  [tokens, width]  output
// μ  [tokens]         mean of a row    ρ  [tokens]         1 / √(variance + ε) of a row
// x̂ = (x − μ) · ρ                      dY, dX              gradients of Y and X

/// Normalisation of each token over its width.
///
/// Ba, Kiros and Hinton 2016, arXiv:1607.06450.
package enum LayerNorm {
  /// `y = gain ∘ (x − μ) · ρ + bias`; keeps μ and ρ for the backward pass.
  ///
  /// `X` and `Y` may be the same.
  package static func forward(
    _ X: Matrix, gain: Row, bias: Row, epsilon: Float, into Y: Matrix, mean: Row,
    inverseDeviation: Row
  ) {
    let width = Float(X.columns)
    for row in 0..<X.rows {
      let x = X[row]
      let y = Y[row]
      var sum = SIMD16<Float>()
      var index = 0
      while index < x.count {
        sum += x.lanes(at: index, padding: 0)
        index &+= 16
      }
      let mu = sum.sum() / width
      var squares = SIMD16<Float>()
      index = 0
      while index < x.count {
        let centred = x.lanes(at: index, padding: mu) - mu
        squares += centred * centred
        index &+= 16
      }
      let rho = 1 / (squares.sum() / width + epsilon).squareRoot()
      for index in 0..<x.count { y[index] = (x[index] - mu) * rho * gain[index] + bias[index] }
      mean[row] = mu
      inverseDeviation[row] = rho
    }
  }

  /// `dx = ρ · (dx̂ − ⟨dx̂⟩ − x̂ · ⟨dx̂ ∘ x̂⟩)` with `dx̂ = gain ∘ dy` and ⟨·⟩ the mean over the width.
  ///
  /// Adds `Σ dy ∘ x̂` to `dGain` and `Σ dy` to `dBias`. Where the block has a residual path its
  /// gradient `skip` is added to `dX`; `dX` may be the same view as `dY` or `skip`.
  package static func backward(
    _ dY: Matrix, _ X: Matrix, gain: Row, mean: Row, inverseDeviation: Row, skip: Matrix?,
    into dX: Matrix, dGain: Row, dBias: Row
  ) {
    let width = Float(X.columns)
    for row in 0..<X.rows {
      let (x, dy, dx) = (X[row], dY[row], dX[row])
      let (mu, rho) = (mean[row], inverseDeviation[row])
      var sum = SIMD16<Float>()
      var product = SIMD16<Float>()
      var index = 0
      while index < x.count {
        let normalized = (x.lanes(at: index, padding: mu) - mu) * rho
        let scaled = dy.lanes(at: index, padding: 0) * gain.lanes(at: index, padding: 0)
        sum += scaled
        product += scaled * normalized
        index &+= 16
      }
      let meanGradient = sum.sum() / width
      let meanProduct = product.sum() / width
      let residual = skip?[row]
      for index in 0..<x.count {
        let normalized = (x[index] - mu) * rho
        let gradient = rho * (dy[index] * gain[index] - meanGradient - normalized * meanProduct)
        dGain[index] += dy[index] * normalized
        dBias[index] += dy[index]
        dx[index] = gradient + (residual?[index] ?? 0)
      }
    }
  }
}
