import CRATELM

/// What the tests need beside the operators: their derivatives, and rows.
extension Reference {
  /// The derivative of `function` at `values` by central differences, element by element.
  static func gradient(
    at values: [Double], step: Double = 1e-5, of function: ([Double]) -> Double
  ) -> [Double] {
    values.indices.map { index in
      var (above, below) = (values, values)
      above[index] += step
      below[index] -= step
      return (function(above) - function(below)) / (2 * step)
    }
  }

  /// Σ weight ∘ value: a scalar whose gradient is the transposed operator applied to `weights`.
  static func weighted(_ values: Rows, by weights: [Double]) -> Double {
    zip(values.joined(), weights).reduce(0) { $0 + $1.0 * $1.1 }
  }

  static func rows(_ values: [Double], _ columns: Int) -> Rows {
    stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<$0 + columns]) }
  }
}
