/// The work of one update: gradients of microbatches, their norm, AdamW.
///
/// All memory is reserved when it is made; an update allocates none.
package final class ParameterUpdate {
  let model: LanguageModel
  let network: Network
  let optimizer: AdamW
  let workers: Workers
  private let gradients: Parameters
  private let gradientNorm: GradientNorm
  private let gradientClip: Float?
  private var lossSum = 0.0
  private var predictionCount = 0

  package init(
    _ model: LanguageModel, shape: BatchShape, optimizer: AdamWConfiguration,
    gradientClip: Float?, workers: Workers
  ) throws(OutOfMemory) {
    self.model = model
    self.workers = workers
    self.gradientClip = gradientClip
    network = try Network(model, shape: shape, purpose: .training, workers: workers)
    self.optimizer = try AdamW(model.layout, optimizer)
    gradients = try model.makeGradients()
    gradientNorm = GradientNorm(model.layout)
  }

  /// Adds the gradients of one microbatch of an update of `total` predictions.
  package func accumulate(_ batch: Batch, ofPredictions total: Int) {
    if predictionCount == 0 { gradients.clear() }
    lossSum += network.lossAndGradients(
      batch, scale: 1 / Float(total), gradients: gradients)
    predictionCount += batch.predicted.count
  }

  /// Changes the parameters by what was accumulated, as update number `step`.
  ///
  /// - Returns: the mean loss of the batch and the norm of its gradient before clipping.
  /// - Throws: ``TrainingError/diverged(step:loss:gradientNorm:tensor:)``, before the parameters
  ///   are touched, where the loss or the gradient is not finite.
  package func apply(
    step: Int, learningRate: Double
  ) throws(TrainingError) -> (loss: Double, gradientNorm: Double) {
    defer { (lossSum, predictionCount) = (0, 0) }
    model.unfold(gradients)
    let loss = lossSum / Double(predictionCount)
    let norm = gradientNorm(gradients.values, workers: workers)
    guard loss.isFinite, norm.isFinite else {
      throw .diverged(
        step: step, loss: loss, gradientNorm: norm,
        tensor: model.nonFiniteTensor(of: gradients.values))
    }
    optimizer.update(
      model.parameters.values, gradient: gradients.values,
      scale: GradientNorm.clippingScale(norm: norm, limit: gradientClip),
      learningRate: Float(learningRate), step: step, workers: workers)
    model.fold()
    return (loss, norm)
  }
}
