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

  /// The place of the largest float of a row that is not empty; of equals, the first.
  package var indexOfMaximum: Int32 {
    let largest = maximum
    return Int32((0..<count).first { self[$0] == largest } ?? 0)
  }

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

  /// Replaces scores by `P = exp(score − shift)` and the floats of `gradient`, the gradient of `P`,
  /// by `P ∘ (gradient − delta) · scale`.
  func exponentiate(minus shift: Float, gradient: Row, delta: Float, scale: Float) {
    precondition(count == gradient.count, "\(count) scores, \(gradient.count) gradients")
    unsafe row_softmax_gradient(base, gradient.base, count, shift, delta, scale)
  }
}
