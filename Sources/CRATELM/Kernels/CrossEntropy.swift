// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Z  [tokens, vocabulary]  logits          y  [tokens]  targets
// loss_t = log Σ_v exp Z_tv − Z_ty         dZ = (softmax(Z) − one-hot(y)) · scale

/// The negative log-likelihood of targets under the softmax of logits, in nats.
package enum CrossEntropy {
  /// Writes the loss of every row.
  package static func forward(_ Z: Matrix, targets: Span<Int32>, losses: Row) {
    for row in 0..<Z.rows {
      let largest = Reductions.maximum(Z[row])
      let total = sumOfExponentials(Z[row], minus: largest)
      losses[row] = largest + total.logarithm - Z[row][Int(targets[row])]
    }
  }

  /// Writes the loss of every row and replaces the logits by their gradient, times `scale`.
  package static func forwardBackward(
    _ Z: Matrix, targets: Span<Int32>, scale: Float, losses: Row
  ) {
    for row in 0..<Z.rows {
      let z = Z[row]
      let target = Int(targets[row])
      let largest = Reductions.maximum(z)
      let targetLogit = z[target]
      var sum = SIMD16<Float>()
      var index = 0
      while index < z.count {
        let lanes = exponential(z.lanes(at: index, padding: -.infinity) - largest)
        z.setLanes(clipping: lanes, at: index)
        sum += lanes
        index &+= 16
      }
      let total = sum.sum()
      losses[row] = largest + total.logarithm - targetLogit
      let factor = scale / total
      for index in 0..<z.count { z[index] *= factor }
      z[target] -= scale
    }
  }

  /// Writes `log softmax(z)` of the logits `z` into `result`, in double precision.
  package static func logProbabilities(of z: Row) -> [Double] {
    let largest = Double(Reductions.maximum(z))
    var total = 0.0
    for index in 0..<z.count { total += (Double(z[index]) - largest).exponential }
    let normalizer = largest + total.logarithm
    return (0..<z.count).map { Double(z[$0]) - normalizer }
  }

  private static func sumOfExponentials(_ z: Row, minus largest: Float) -> Float {
    var sum = SIMD16<Float>()
    var index = 0
    while index < z.count {
      sum += exponential(z.lanes(at: index, padding: -.infinity) - largest)
      index &+= 16
    }
    return sum.sum()
  }
}
