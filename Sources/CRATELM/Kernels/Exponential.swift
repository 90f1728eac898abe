import CKernels

/// Operations on rows that are decided by the speed of `eˣ`.
extension Row {
  /// The largest float of a row that is not empty.
  package var maximum: Float {
    precondition(count > 0, "the largest of no floats")
    return unsafe row_maximum(base, count)
  }

  /// The sum of all floats.
  var total: Float { unsafe row_total(base, count) }

  /// What ``exponentiate(minus:)`` gives for the smallest numbers, −∞ among them: e⁻⁸⁷ and less.
  static let leastExponential: Float = 1.2e-38

  /// Replaces every `x` by `exp(x − shift)`, with a relative error below 2·10⁻⁷; returns their sum.
  package func exponentiate(minus shift: Float) -> Float {
    unsafe row_exponentials(base, count, shift)
  }

  /// `Σ exp(x − shift)`.
  package func sumOfExponentials(minus shift: Float) -> Float {
    unsafe row_sum_of_exponentials(base, count, shift)
  }

  /// Multiplies every float by `factor`.
  package func scale(by factor: Float) {
    unsafe row_scale(base, count, factor)
  }
}
