package import Parallel

/// A rule that turns gradients into updates of some of a model's tensors.
package protocol Optimizer: Sendable {
  /// The state that updates depend on; a checkpoint holds it.
  var moments: [Moment] { get }

  /// Updates the optimiser's tensors of `values`; it allocates nothing.
  ///
  /// - Parameters:
  ///   - values: θ, in the layout of the model.
  ///   - gradient: its gradient, finite.
  ///   - step: the update.
  ///   - workers: the threads that share the work; their number changes no bit.
  func update(_ values: Buffer, gradient: Buffer, _ step: UpdateStep, workers: Workers)
}

/// What an update is besides its gradient.
package struct UpdateStep: Sendable {
  /// The number of the update, counted from 1; skipped ones do not count.
  package let number: Int
  /// A factor of the gradient, for clipping.
  package let gradientScale: Float
  /// α of AdamW; others follow it.
  package let learningRate: Float

  package init(number: Int, gradientScale: Float, learningRate: Float) {
    (self.number, self.gradientScale, self.learningRate) = (number, gradientScale, learningRate)
  }
}

/// A running mean over updates.
package struct Moment: Sendable {
  /// Its name in a checkpoint.
  package let name: String
  /// The tensors that have one.
  package let layout: Layout
  package let buffer: Buffer

  /// Zeros for the tensors of `layout`.
  init(_ name: String, _ layout: Layout) throws(OutOfMemory) {
    (self.name, self.layout) = (name, layout)
    buffer = try Buffer(layout)
  }
}

/// The optimisers of a model: each tensor belongs to one of them.
struct OptimizerSet {
  let optimizers: [any Optimizer]

  /// - Parameters:
  ///   - layout: the parameters.
  ///   - plan: the constants.
  ///   - workerCount: the number of threads.
  /// - Throws: ``OutOfMemory``.
  init(
    _ layout: Layout, _ plan: OptimizerPlan, workerCount: Int
  ) throws(OutOfMemory) {
    switch plan.matrices {
    case .adamW: optimizers = [try AdamW(layout.tensors, plan.adamW)]
    case .muon(let muon):
      let (matrices, others) = Self.divided(layout)
      optimizers = [
        try AdamW(others, plan.adamW),
        try Muon(matrices, muon, plan, workerCount: workerCount),
      ]
    }
  }

  /// The bytes of the moments and of the memory for updates.
  static func byteCount(_ layout: Layout, _ plan: OptimizerPlan, workerCount: Int) -> Int {
    switch plan.matrices {
    case .adamW: return 2 * layout.byteCount
    case .muon:
      let (matrices, others) = divided(layout)
      return 2 * Layout(others).byteCount + Layout(matrices).byteCount
        + Muon.scratchByteCount(matrices, workerCount: workerCount)
    }
  }

  private static func divided(_ layout: Layout) -> (matrices: [Tensor], others: [Tensor]) {
    (layout.tensors.filter { $0.role != .other }, layout.tensors.filter { $0.role == .other })
  }
}

/// The constants of all optimisers of a run.
package struct OptimizerPlan: Sendable {
  package let adamW: AdamWConfiguration
  package let matrices: MatrixOptimizer
  /// The largest learning rate of AdamW.
  package let peak: Double

  package init(
    adamW: AdamWConfiguration = AdamWConfiguration(), matrices: MatrixOptimizer = .adamW,
    peak: Double = TrainingConfiguration.usualLearningRate
  ) {
    (self.adamW, self.matrices, self.peak) = (adamW, matrices, peak)
  }

  /// The constants of a plan of training.
  init(_ plan: TrainingConfiguration) {
    self.init(adamW: plan.optimizer, matrices: plan.matrices, peak: plan.schedule.peak)
  }
}
