package import Parallel

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
  private let profile: TrainingProfile?
  private var lossSum = 0.0
  private var predictionCount = 0

  package init(
    _ model: LanguageModel, shape: BatchShape, optimizer: AdamWConfiguration,
    gradientClip: Float?, precision: Precision = .fp32, workers: Workers,
    profile: TrainingProfile? = nil
  ) throws(OutOfMemory) {
    self.model = model
    self.workers = workers
    self.gradientClip = gradientClip
    self.profile = profile
    network = try Network(
      model, shape: shape, purpose: .training, workers: workers,
      trainingPrecision: precision,
      profile: profile)
    self.optimizer = try AdamW(model.layout, optimizer)
    gradients = try model.makeGradients()
    gradientNorm = GradientNorm(model.layout)
  }

  /// Adds the gradients of one microbatch of an update of `total` predictions.
  package func accumulate(_ batch: Batch, ofPredictions total: Int) {
    if predictionCount == 0 { measure(.clearing) { gradients.clear(workers: workers) } }
    lossSum += network.lossAndGradients(
      batch, scale: 1 / Float(total), gradients: gradients)
    predictionCount += batch.predicted.count
  }

  /// Completes the gradient of what was accumulated.
  ///
  /// - Throws: ``NonFiniteGradient`` where the loss or the gradient is not finite.
  package func completeGradient() throws(NonFiniteGradient) -> GradientSummary {
    defer { (lossSum, predictionCount) = (0, 0) }
    measure(.folding) { model.unfold(gradients, workers: workers) }
    let loss = lossSum / Double(predictionCount)
    var norm = 0.0
    measure(.gradientNorm) { norm = gradientNorm(gradients.values, workers: workers) }
    guard loss.isFinite, norm.isFinite else {
      throw NonFiniteGradient(
        loss: loss, gradientNorm: norm,
        tensor: model.nonFiniteTensor(of: model.parameters.values)
          ?? model.nonFiniteTensor(of: gradients.values, last: true))
    }
    return GradientSummary(loss: loss, gradientNorm: norm)
  }

  /// Changes the parameters by the completed gradient, as update number `step`.
  ///
  /// - Parameters:
  ///   - summary: what ``completeGradient()`` returned.
  ///   - step: the number of the update, counted from 1; updates left out do not count.
  ///   - learningRate: its learning rate.
  ///   - boundsDictionaries: whether dictionaries are kept where ISTA converges; see
  ///     ``StepStability``.
  package func apply(
    _ summary: GradientSummary, step: Int, learningRate: Double, boundsDictionaries: Bool
  ) {
    measure(.optimizer) {
      optimizer.update(
        model.parameters.values, gradient: gradients.values,
        scale: GradientNorm.clippingScale(norm: summary.gradientNorm, limit: gradientClip),
        learningRate: Float(learningRate), step: step, workers: workers)
    }
    measure(.folding) {
      if boundsDictionaries, step.isMultiple(of: StepStability.interval) {
        model.boundDictionaries(workers: workers)
      }
      model.fold(workers: workers)
    }
  }

  private func measure(_ part: TrainingPart, _ body: () -> Void) {
    guard let profile else { return body() }
    profile.measure(part, body)
  }

  /// What the last update shows of every layer.
  ///
  /// - Precondition: no pass went through the network since the last gradient.
  func layerReports() -> [LayerReport] {
    network.layerReports(gradients: gradients)
  }
}

/// The loss of an update's batch and the norm of its gradient before clipping.
package struct GradientSummary: Sendable {
  /// The mean loss, in nats.
  package let loss: Double
  /// The norm of the gradient of all parameters.
  package let gradientNorm: Double
}

/// A loss or a gradient that is not finite; the parameters are those before it.
package struct NonFiniteGradient: Error, CustomStringConvertible {
  let loss: Double
  let gradientNorm: Double
  /// The first parameter that is not finite; else, of the gradients that are not, the one nearest
  /// the loss.
  let tensor: String?

  package var description: String {
    "The loss is \(loss) and the gradient norm \(gradientNorm); expected finite numbers."
  }
}
