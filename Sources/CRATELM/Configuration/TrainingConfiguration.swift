import Storage

/// A plan of training.
public struct TrainingConfiguration: Codable, Hashable, Sendable {
  /// The number of updates.
  public var steps: Int
  /// The sequences of one update.
  public var batch: Int
  /// The sequences that pass through the network at once.
  public var microbatch: Int
  /// The learning rate over the steps.
  public var schedule: LearningRateSchedule
  /// The constants of AdamW.
  public var optimizer: AdamWConfiguration
  /// The optimiser of the layers' matrices.
  public var matrices = MatrixOptimizer.adamW
  /// The largest norm of a gradient; longer gradients are scaled down to it; `nil` for no limit.
  public var gradientClip: Float?
  /// The order in which the gradients of microbatches are added.
  public var gradientSum = GradientSum.tree
  /// Where the windows of an epoch begin.
  public var windowStarts: WindowStarts
  /// The choice of hidden tokens for a masked model; `nil` for a causal one.
  public var masking: MaskingConfiguration?
  /// The share of units that training sets to zero, at least 0 and below 1.
  @OmittedZero public var dropout: Float = 0
  /// The treatment of a gradient far outside the recent range.
  public var spikeAction = SpikeAction.accept
  /// Whether a dictionary is scaled down if the steps of ISTA would not converge in it.
  public var boundsDictionaries = true
  /// The precision of products.
  public var precision = Precision.fp32
  /// The seed of the order of the data and of the model's initialisation.
  public var seed: UInt64
  /// The steps between validations.
  public var validationInterval: Int
  /// The most tokens of the validation split in one validation.
  public var validationTokens = 1 << 18
  /// The steps between checkpoints; `nil` for a checkpoint after the last step alone.
  public var saveInterval: Int?
  /// The seconds between extra checkpoints, removed after the next of the plan; `nil` for none.
  public var saveSeconds: Int?
  /// The steps between samples; `nil` for none.
  public var sampleInterval: Int?
  /// The steps between measurements of the layers; `nil` for none.
  public var analysisInterval: Int?
  /// The number of checkpoints kept.
  public var keptCheckpoints: Int
  /// The steps after which a checkpoint is saved and kept for good; `nil` for none.
  public var savedSteps: [Int]?
  /// The validations without a lower loss after which training ends; `nil` for no such end.
  public var patience: Int?

  /// A validated plan of training.
  ///
  /// - Parameters:
  ///   - steps: the number of updates.
  ///   - batch: the sequences of one update, a multiple of `microbatch`.
  ///   - microbatch: the sequences that pass through the network at once.
  ///   - schedule: the learning rate.
  ///   - optimizer: the constants of AdamW.
  ///   - gradientClip: the largest norm of a gradient.
  ///   - masking: the choice of hidden tokens for a masked model.
  ///   - seed: the seed of the order of the data.
  ///   - validationInterval: the steps between validations.
  ///   - saveInterval: the steps between checkpoints; `nil` for the last step alone.
  ///   - sampleInterval: the steps between samples.
  ///   - keptCheckpoints: the number of checkpoints kept.
  /// - Throws: ``ConfigurationError`` if the numbers do not fit together.
  public init(
    steps: Int, batch: Int, microbatch: Int, schedule: LearningRateSchedule,
    optimizer: AdamWConfiguration = AdamWConfiguration(), gradientClip: Float? = 1,
    masking: MaskingConfiguration? = nil, seed: UInt64,
    validationInterval: Int, saveInterval: Int?, sampleInterval: Int?, keptCheckpoints: Int
  ) throws(ConfigurationError) {
    self.optimizer = optimizer
    self.gradientClip = gradientClip
    self.masking = masking
    windowStarts = WindowStarts(isMasked: masking != nil)
    self.steps = steps
    self.batch = batch
    self.microbatch = microbatch
    self.schedule = schedule
    self.seed = seed
    self.validationInterval = validationInterval
    self.saveInterval = saveInterval
    self.sampleInterval = sampleInterval
    self.keptCheckpoints = keptCheckpoints
    try validate()
  }

  /// Refuses numbers that do not fit together.
  ///
  /// - Throws: ``ConfigurationError``.
  public func validate() throws(ConfigurationError) {
    try validateCounts()
    try validateSchedule()
    if let gradientClip, !(gradientClip > 0 && gradientClip.isFinite) {
      throw ConfigurationError(
        "The largest gradient norm is \(gradientClip); expected a number above 0.")
    }
    guard (0..<1).contains(dropout) else {
      throw ConfigurationError(
        "The dropout is \(dropout); expected a number of at least 0 and below 1.")
    }
    try optimizer.validate()
    try matrices.validate()
  }

  private func validateCounts() throws(ConfigurationError) {
    for (name, value, limit) in [
      ("number of steps", steps, 1_000_000_000), ("batch", batch, 1 << 20),
      ("microbatch", microbatch, 1 << 20), ("validation interval", validationInterval, Int.max),
      ("checkpoint interval", saveInterval ?? 1, Int.max),
      ("number of seconds between checkpoints", saveSeconds ?? 1, 1 << 32),
      ("sample interval", sampleInterval ?? 1, Int.max),
      ("analysis interval", analysisInterval ?? 1, Int.max),
      ("number of checkpoints kept", keptCheckpoints, 1 << 20),
      ("patience", patience ?? 1, Int.max),
      ("first step to save at", savedSteps?.min() ?? 1, Int.max),
      ("number of validation tokens", validationTokens, Int.max),
    ] where !(1...limit).contains(value) {
      throw ConfigurationError(
        "The \(name) is \(value); expected \(limit == .max ? "at least 1" : "1 to \(limit)").")
    }
    guard batch.isMultiple(of: microbatch) else {
      throw ConfigurationError(
        "The batch of \(batch.counting("sequence")) is not a multiple of the microbatch of "
          + "\(microbatch).")
    }
  }

  private func validateSchedule() throws(ConfigurationError) {
    guard schedule.peak > 0, schedule.peak.isFinite, schedule.warmupSteps >= 0,
      (0...1).contains(schedule.finalFraction)
    else {
      throw ConfigurationError(
        """
        The learning rate is \(schedule.peak) with \(schedule.warmupSteps.counting("step")) of \
        warm-up; expected a positive rate and no negative number of steps.
        """)
    }
    guard (0...steps).contains(schedule.decay.steps ?? 0) else {
      throw ConfigurationError(
        """
        The learning rate's decay of \((schedule.decay.steps ?? 0).counting("step")) does not fit \
        into training of \(steps); choose a shorter one (--decay).
        """)
    }
  }

  /// The number of passes whose gradients make one update.
  public var accumulationSteps: Int { batch / microbatch }

  /// Whether the layers are measured after `step`.
  func analyzesLayers(after step: Int) -> Bool {
    analysisInterval.map { step == steps || step.isMultiple(of: $0) } ?? false
  }

  /// Whether a checkpoint after `step` is one of the plan, and not an extra one.
  func plansCheckpoint(after step: Int) -> Bool {
    step == steps || saveInterval.map { step.isMultiple(of: $0) } ?? false
      || keepsCheckpoint(after: step)
  }

  /// Whether the checkpoint after `step` is kept for good: one that the user asked for, or the last
  /// before the learning rate falls, from which training can become longer.
  func keepsCheckpoint(after step: Int) -> Bool {
    savedSteps?.contains(step) ?? false
      || step > 0 && step < steps && step == schedule.lastStepBeforeDecay
  }

  /// The most checkpoints at a time: those kept, the best one, one by the clock, and one more,
  /// written before an old one is removed.
  public var largestCheckpointCount: Int {
    keptCheckpoints + keptForGood + 1 + (saveSeconds == nil ? 1 : 2)
  }

  /// The number of checkpoints kept for good.
  private var keptForGood: Int {
    let beforeDecay = schedule.lastStepBeforeDecay.map { [$0] } ?? []
    return Set((savedSteps ?? []) + beforeDecay).count(where: keepsCheckpoint)
  }
}
