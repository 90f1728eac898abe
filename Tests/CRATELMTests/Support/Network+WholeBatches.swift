import CRATELM

/// Batches in which the token at every position is predicted.
extension Network {
  func losses(inputs: [Int32], targets: [Int32]) -> [Float] {
    losses(Batch(inputs: inputs, targets: targets, contextLength: shape.context))
  }

  func lossAndGradients(
    inputs: [Int32], targets: [Int32], scale: Float, gradients: Parameters, unfolding: Bool = true
  ) -> Double {
    lossAndGradients(
      Batch(inputs: inputs, targets: targets, contextLength: shape.context), scale: scale,
      gradients: gradients, unfolding: unfolding)
  }
}
