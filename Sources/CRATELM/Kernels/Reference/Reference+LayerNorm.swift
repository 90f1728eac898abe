// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [tokens, width]      μ, σ²  mean and variance of a row, over its width
// y = (x − μ) / √(σ² + ε) ∘ gain + bias

extension Reference {
  /// Normalisation of each token (Ba, Kiros and Hinton 2016, arXiv:1607.06450).
  ///
  /// σ² divides by the width, not by one less. With ε > 0 a row of equal numbers becomes `bias`,
  /// and so does every row of width 1.
  package static func layerNorm(
    _ X: Rows, gain: [Double], bias: [Double], epsilon: Double = 1e-5
  ) -> Rows {
    X.map { x in
      let mean = x.reduce(0, +) / Double(x.count)
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
      let deviation = (variance + epsilon).squareRoot()
      return x.indices.map { (x[$0] - mean) / deviation * gain[$0] + bias[$0] }
    }
  }
}
