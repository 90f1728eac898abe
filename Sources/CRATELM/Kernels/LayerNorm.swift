// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [tokens, width]  input            Y  [tokens, width]  output
// μ  [tokens]         mean of a row    ρ  [tokens]         1 / √(variance + ε) of a row
// x̂ = (x − μ) · ρ                      dY, dX              gradients of Y and X

import CKernels

/// Normalisation of each token over its width (Ba, Kiros and Hinton 2016, arXiv:1607.06450).
package enum LayerNorm {
  /// `y = gain ∘ (x − μ) · ρ + bias`; keeps μ and ρ for the backward pass.
  ///
  /// `X` and `Y` may be the same. A NaN or an infinity makes all of its row NaN, and no other row;
  /// a row of equal floats becomes `bias` up to rounding. The width is not 0.
  package static func forward(
    _ X: Matrix, gain: Row, bias: Row, epsilon: Float, into Y: Matrix, mean: Row,
    inverseDeviation: Row
  ) {
    for row in 0..<X.rows {
      unsafe row_normalize(
        X[row].base, X.columns, gain.base, bias.base, epsilon, Y[row].base, mean.base + row,
        inverseDeviation.base + row)
    }
  }

  /// `dx = ρ · (dx̂ − ⟨dx̂⟩ − x̂ · ⟨dx̂ ∘ x̂⟩)` with `dx̂ = gain ∘ dy`, ⟨·⟩ the mean over the width.
  ///
  /// Adds `Σ dy ∘ x̂` to `dGain` and `Σ dy` to `dBias`. If the block has a residual path, adds its
  /// gradient `skip` to `dX`. `dX` may be the same view as `dY` or `skip`.
  package static func backward(
    _ dY: Matrix, _ X: Matrix, gain: Row, mean: Row, inverseDeviation: Row, skip: Matrix?,
    into dX: Matrix, dGain: Row, dBias: Row
  ) {
    for row in 0..<X.rows {
      unsafe row_normalize_gradient(
        NormGradient(
          count: X.columns, dy: dY[row].base, x: X[row].base, gain: gain.base, mean: mean[row],
          inverse_deviation: inverseDeviation[row], skip: skip?[row].base, dx: dX[row].base,
          gain_sum: dGain.base, bias_sum: dBias.base))
    }
  }
}
