import CKernels

/// Sums, exponentials and scales of rows, for softmax and sampling.
extension Row {
  /// The largest float of a row that is not empty.
  ///
  /// NaN in front gives NaN; NaN anywhere else is ignored.
  package var maximum: Float {
    precondition(count > 0, "the largest of no floats")
    return unsafe row_maximum(base, count)
  }

  /// The sum of all floats; 0 for an empty row.
  var total: Float { unsafe row_total(base, count) }

  /// A bound just above the least result of ``exponentiate(minus:)``, the result for −∞ too.
  static let leastExponential: Float = 1.2e-38

  /// Replaces every `x` by `exp(x − shift)`, with a relative error below 2·10⁻⁷, and returns the
  /// sum.
  ///
  /// Differences outside of [−87.3, 88] count as the nearer end, −∞ and ∞ among them: no result is
  /// 0 or ∞. NaN gives NaN, and so does ∞ − ∞.
  package func exponentiate(minus shift: Float) -> Float {
    unsafe row_exponentials(base, count, shift)
  }

  /// `Σ exp(x − shift)`, with the edge cases of ``exponentiate(minus:)``; 0 for an empty row.
  package func sumOfExponentials(minus shift: Float) -> Float {
    unsafe row_sum_of_exponentials(base, count, shift)
  }

  /// Multiplies every float by `factor`.
  package func scale(by factor: Float) {
    unsafe row_scale(base, count, factor)
  }
}
