// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Z  [tokens, vocabulary]  logits          y  [tokens]  targets
// loss_t = log Σ_v exp Z_tv − Z_ty         dZ = (softmax(Z) − one-hot(y)) · scale

/// The negative log-likelihood of targets under the softmax of logits, in nats.
///
/// A loss of finite logits is never negative. A NaN or ∞ among the logits makes the loss NaN, and
/// so do logits that are all −∞; a target with logit −∞ has the loss ∞. Logits 87 and more below
/// the largest count as 87 below it. Rows are not empty.
package enum CrossEntropy {
  /// Writes the loss of every row.
  package static func forward(_ Z: Matrix, targets: Span<Int32>, losses: Row) {
    for row in 0..<Z.rows {
      let z = Z[row]
      let largest = z.maximum
      let total = z.sumOfExponentials(minus: largest)
      losses[row] = largest + total.logarithm - z[Int(targets[row])]
    }
  }

  /// Writes the loss of every row and replaces the logits by `scale` times their gradient.
  package static func forwardBackward(
    _ Z: Matrix, targets: Span<Int32>, scale: Float, losses: Row
  ) {
    for row in 0..<Z.rows {
      let z = Z[row]
      let target = Int(targets[row])
      let largest = z.maximum
      let targetLogit = z[target]
      let total = z.exponentiate(minus: largest)
      losses[row] = largest + total.logarithm - targetLogit
      z.scale(by: scale / total)
      z[target] -= scale
    }
  }
}
