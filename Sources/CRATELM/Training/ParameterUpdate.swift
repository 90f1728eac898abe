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
  private let instruments: (any Instruments)?

  package init(
    _ model: LanguageModel, shape: BatchShape, optimizer: AdamWConfiguration,
    gradientClip: Float?, precision: Precision = .fp32, workers: Workers,
    instruments: (any Instruments)? = nil
  ) throws(OutOfMemory) {
    self.model = model
    self.workers = workers
    self.gradientClip = gradientClip
    self.instruments = instruments
    network = try Network(
      model, shape: shape, purpose: .training, workers: workers,
      trainingPrecision: precision, instruments: instruments)
    self.optimizer = try AdamW(model.layout, optimizer)
    gradients = try model.makeGradients()
    gradientNorm = GradientNorm(model.layout)
  }

  /// Computes the gradient of the mean loss over all predictions of `microbatches`.
  ///
  /// - Throws: ``NonFiniteGradient`` where the loss or the gradient is not finite.
  /// - Precondition: something is predicted.
  package func computeGradient(
    of microbatches: [Batch]
  ) throws(NonFiniteGradient) -> GradientSummary {
    let predictionCount = microbatches.reduce(0) { $0 + $1.predicted.count }
    instruments.measure(.gradientSum) { gradients.clear(workers: workers) }
    var lossSum = 0.0
    for (number, batch) in microbatches.enumerated() {
      lossSum += network.lossAndGradients(
        batch, scale: 1 / Float(predictionCount), gradients: gradients,
        unfolding: number == microbatches.count - 1)
    }
    let loss = lossSum / Double(predictionCount)
    let norm = instruments.measure(.gradientNorm) {
      gradientNorm(gradients.values, workers: workers)
    }
    guard loss.isFinite, norm.isFinite else {
      throw NonFiniteGradient(
        loss: loss, gradientNorm: norm,
        tensor: model.nonFiniteTensor(of: model.parameters.values)
          ?? model.nonFiniteTensor(of: gradients.values, last: true))
    }
    return GradientSummary(loss: loss, gradientNorm: norm)
  }

  /// Changes the parameters by the computed gradient, as update number `step`.
  ///
  /// - Parameters:
  ///   - summary: what ``computeGradient(of:)`` returned.
  ///   - step: the number of the update, counted from 1; updates left out do not count.
  ///   - learningRate: its learning rate.
  ///   - boundsDictionaries: whether dictionaries are kept where ISTA converges; see
  ///     ``StepStability``.
  package func apply(
    _ summary: GradientSummary, step: Int, learningRate: Double, boundsDictionaries: Bool
  ) {
    instruments.measure(.optimizer) {
      optimizer.update(
        model.parameters.values, gradient: gradients.values,
        scale: GradientNorm.clippingScale(norm: summary.gradientNorm, limit: gradientClip),
        learningRate: Float(learningRate), step: step, workers: workers)
    }
    instruments.measure(.folding) {
      if boundsDictionaries, step.isMultiple(of: StepStability.interval) {
        model.boundDictionaries(workers: workers)
      }
      model.fold(workers: workers)
    }
  }

  /// What the last update shows of every layer.
  ///
  /// - Precondition: no pass went through the network since the last gradient.
  func layerReports() -> [LayerReport] {
    let units = DeadUnits(model.configuration)
    network.showKept(to: units)
    return model.blueprint.groups.compactMap { group in
      guard let layer = group.layer else { return nil }
      let squares = model.layout.tensors[group.gradients.tensors].map { tensor in
        let slot = tensor.slot
        return Reductions.squaredNorm(
          gradients.values.all[slot.offset..<slot.offset + slot.count])
      }
      return LayerReport(
        gradientNorm: squares.reduce(0, +).squareRoot(),
        stepStability: model.blueprint.declarations.dictionaries
          .first { $0.layer == layer }?.stability.value(model.parameters),
        deadUnitShare: units.share(ofLayer: layer))
    }
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
