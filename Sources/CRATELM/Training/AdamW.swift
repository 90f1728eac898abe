// θ  parameters    g  gradient · scale    m, v  first and second moments    t  updates so far
// m ← β₁m + (1 − β₁)g        v ← β₂v + (1 − β₂)g²
// θ ← θ − α·ω·θ − α · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)

import CKernels
package import Parallel

/// AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101), with PyTorch's order of operations.
///
/// A gradient that is not finite would spoil parameters and moments for good; callers refuse it.
package final class AdamW: Optimizer {
  /// m and v.
  private let firstMoment, secondMoment: Moment
  private let configuration: AdamWConfiguration
  private let tasks: [UpdateTask]

  /// A range of one tensor, small enough for a core's cache, and its place in the moments.
  private struct UpdateTask {
    let range: Range<Int>
    let moments: Range<Int>
    let decays: Bool
  }
  private static let floatsPerTask = 1 << 15

  package init(_ tensors: [Tensor], _ configuration: AdamWConfiguration) throws(OutOfMemory) {
    let layout = Layout(tensors)
    firstMoment = try Moment("first_moment", layout)
    secondMoment = try Moment("second_moment", layout)
    self.configuration = configuration
    tasks = zip(tensors, layout.tensors).flatMap { tensor, moment in
      zip(tensor.parts(of: Self.floatsPerTask), moment.parts(of: Self.floatsPerTask))
        .map { UpdateTask(range: $0, moments: $1, decays: tensor.decays) }
    }
  }

  package var moments: [Moment] { [firstMoment, secondMoment] }

  package func update(
    _ values: Buffer, gradient: Buffer, _ step: UpdateStep, workers: Workers
  ) {
    let learningRate = step.learningRate
    let correction1 = 1 - Self.power(Double(configuration.beta1), step.number)
    let correction2 = 1 - Self.power(Double(configuration.beta2), step.number)
    let stepSize = Float(Double(learningRate) / correction1)
    let rootCorrection = Float(correction2.squareRoot())
    workers.forEach(tasks.count) { [self] index, _ in
      let task = tasks[index]
      let decay = task.decays ? 1 - learningRate * configuration.weightDecay : 1
      updatePart(
        values.all[task.range], gradient.all[task.range], firstMoment.buffer.all[task.moments],
        secondMoment.buffer.all[task.moments], scale: step.gradientScale, decay: decay,
        stepSize: stepSize, rootCorrection: rootCorrection)
    }
  }

  private func updatePart(
    _ theta: Row, _ gradient: Row, _ m: Row, _ v: Row, scale: Float, decay: Float,
    stepSize: Float, rootCorrection: Float
  ) {
    unsafe row_adamw(
      AdamWRow(
        count: theta.count, theta: theta.base, m: m.base, v: v.base, gradient: gradient.base,
        beta1: configuration.beta1, beta2: configuration.beta2, epsilon: configuration.epsilon,
        scale: scale, decay: decay, step_size: stepSize, root_correction: rootCorrection))
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    (Double(exponent) * base.logarithm).exponential
  }
}

extension Tensor {
  /// The tensor's range in a flat buffer, cut into ranges of at most `floatCount` floats.
  func parts(of floatCount: Int) -> [Range<Int>] {
    let end = slot.offset + slot.count
    return stride(from: slot.offset, to: end, by: floatCount).map {
      $0..<min($0 + floatCount, end)
    }
  }
}
