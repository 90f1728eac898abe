package import Parallel

/// The work of one update: gradients of microbatches, their norm, the optimisers.
///
/// Its construction reserves all memory; an update allocates none.
package final class ParameterUpdate {
  let model: LanguageModel
  let network: Network
  let optimizers: [any Optimizer]
  let workers: Workers
  private let gradientSum: GradientSum
  /// A set of gradients for each waiting partial sum; the first receives the whole.
  private let gradientBuffers: [Parameters]
  private let gradientNorm: GradientNorm
  private let gradientClip: Float?
  /// The updates between two looks at the dictionaries: Muon moves every singular value.
  private let boundInterval: Int
  private let instruments: (any Instruments)?

  package init(
    _ model: LanguageModel, shape: BatchShape, optimizers plan: OptimizerPlan = OptimizerPlan(),
    gradientClip: Float?, gradientSum: GradientSum = .tree, accumulationSteps: Int = 1,
    precision: Precision = .fp32, dropout: DropoutStream? = nil, workers: Workers,
    instruments: (any Instruments)? = nil
  ) throws(OutOfMemory) {
    self.model = model
    self.workers = workers
    self.gradientClip = gradientClip
    self.gradientSum = gradientSum
    self.instruments = instruments
    if !model.parameters.isFolded { model.fold(workers: workers) }
    network = try Network(
      model, shape: shape, purpose: .training, workers: workers,
      trainingPrecision: precision, dropout: dropout, instruments: instruments)
    optimizers = try OptimizerSet(model.layout, plan, workerCount: workers.count).optimizers
    boundInterval = plan.matrices == .adamW ? StepStability.interval : 1
    var buffers: [Parameters] = []
    for _ in 0..<gradientSum.bufferCount(accumulationSteps) {
      buffers.append(try model.makeGradients())
    }
    gradientBuffers = buffers
    gradientNorm = GradientNorm(model.layout)
  }

  /// Computes the gradient of the mean loss over all predictions of `microbatches`.
  ///
  /// - Parameters:
  ///   - microbatches: the parts of the batch.
  ///   - check: called with the number of finished microbatches; its error ends the work.
  /// - Returns: the loss and the norm of the gradient.
  /// - Throws: ``NonFiniteGradient`` if loss or gradient are not finite; the error of `check`.
  /// - Precondition: there is a prediction, and there are at most `accumulationSteps` microbatches.
  package func computeGradient(
    of microbatches: [Batch], check: (_ done: Int) throws -> Void = { _ in }
  ) throws -> GradientSummary {
    let predictionCount = microbatches.reduce(0) { $0 + $1.predicted.count }
    let scale = 1 / Float(predictionCount)
    let lossSum =
      switch gradientSum {
      case .tree: try sumInTree(microbatches, scale: scale, check)
      case .sequential: try sumInSequence(microbatches, scale: scale, check)
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

  /// The gradient of the update.
  package var gradients: Parameters { gradientBuffers[0] }

  /// The sum of the losses; each pass writes its own gradients, which are added in a tree.
  private func sumInTree(
    _ microbatches: [Batch], scale: Float, _ check: (Int) throws -> Void
  ) rethrows -> Double {
    typealias Term = (buffer: Int, loss: Double)
    var sum = TreeSum<Term> { [self] left, right in
      instruments.measure(.gradientSum) {
        gradientBuffers[left.buffer].add(gradientBuffers[right.buffer], workers: workers)
      }
      return (left.buffer, left.loss + right.loss)
    }
    for (number, batch) in microbatches.enumerated() {
      // The waiting partial sums are in the first buffers, in their order.
      let buffer = sum.waitingCount
      clear(gradientBuffers[buffer])
      let loss = network.lossAndGradients(
        batch, scale: scale, gradients: gradientBuffers[buffer])
      sum.append((buffer, loss))
      try check(number + 1)
    }
    return sum.finish()?.loss ?? 0
  }

  /// The sum of the losses; each pass adds to the same gradients.
  private func sumInSequence(
    _ microbatches: [Batch], scale: Float, _ check: (Int) throws -> Void
  ) rethrows -> Double {
    clear(gradients)
    var sum = 0.0
    for (number, batch) in microbatches.enumerated() {
      sum += network.lossAndGradients(
        batch, scale: scale, gradients: gradients, unfolding: number == microbatches.count - 1)
      try check(number + 1)
    }
    return sum
  }

  private func clear(_ gradients: Parameters) {
    instruments.measure(.gradientSum) { gradients.clear(workers: workers) }
  }

  /// Updates the parameters with the computed gradient.
  ///
  /// - Parameters:
  ///   - summary: the result of ``computeGradient(of:)``.
  ///   - step: the number of the update, counted from 1; skipped updates do not count.
  ///   - learningRate: its learning rate for AdamW; others follow it.
  ///   - boundsDictionaries: whether ``StepStability/limit`` bounds the dictionaries.
  package func apply(
    _ summary: GradientSummary, step: Int, learningRate: Double, boundsDictionaries: Bool
  ) {
    instruments.measure(.optimizer) {
      let update = UpdateStep(
        number: step,
        gradientScale: GradientNorm.clippingScale(norm: summary.gradientNorm, limit: gradientClip),
        learningRate: Float(learningRate))
      for optimizer in optimizers {
        optimizer.update(
          model.parameters.values, gradient: gradients.values, update, workers: workers)
      }
    }
    instruments.measure(.folding) {
      if boundsDictionaries, step.isMultiple(of: boundInterval) {
        model.boundDictionaries(workers: workers)
      }
      model.fold(workers: workers)
    }
  }

  /// The state of every layer after the last update.
  ///
  /// - Precondition: the last pass of the network was for the last gradient.
  func layerReports() -> [LayerReport] {
    let units = DeadUnits(model.blueprint)
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

/// A loss or a gradient that is not finite; the parameters have not changed.
package struct NonFiniteGradient: Error, CustomStringConvertible {
  let loss: Double
  let gradientNorm: Double
  /// The name of the first parameter that is not finite; if all are finite, of the last gradient
  /// that is not, the nearest to the loss.
  let tensor: String?

  package var description: String {
    "The loss is \(loss) and the gradient norm \(gradientNorm); expected finite numbers."
  }
}
