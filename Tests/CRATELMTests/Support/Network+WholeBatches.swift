import CRATELM

/// Batches in which the token at every position is predicted.
extension Network {
  func lossAndGradients(
    inputs: [Int32], targets: [Int32], scale: Float, gradients: Parameters, unfolding: Bool = true
  ) -> Double {
    lossAndGradients(
      Batch(inputs: inputs, targets: targets, contextLength: shape.context), scale: scale,
      gradients: gradients, unfolding: unfolding)
  }
}
