/// How a model is trained.
public struct TrainingConfiguration: Codable, Hashable, Sendable {
  /// Updates of the parameters.
  public var steps: Int
  /// Sequences whose gradients make one update.
  public var batch: Int
  /// Sequences that pass through the network at once.
  public var microbatch: Int
  /// The learning rate over the steps.
  public var schedule: LearningRateSchedule
  /// The constants of the optimiser.
  public var optimizer: AdamWConfiguration
  /// The largest norm of a gradient; longer ones are scaled down to it.
  public var gradientClip: Float?
  /// In which order the gradients of microbatches are added.
  public var gradientSum = GradientSum.tree
  /// How tokens are hidden from a masked model; `nil` for a causal one.
  public var masking: MaskingConfiguration?
  /// What happens to a gradient far outside of the recent range.
  public var spikeAction = SpikeAction.accept
  /// Whether dictionaries are scaled down where the steps of ISTA would no longer converge.
  public var boundsDictionaries = true
  /// The precision of products.
  public var precision = Precision.fp32
  /// Decides the order of the data; the model's initialisation has the same seed.
  public var seed: UInt64
  /// Steps between validations.
  public var validationInterval: Int
  /// The most tokens of the validation split that a validation looks at.
  public var validationTokens = 1 << 18
  /// Steps between checkpoints.
  public var saveInterval: Int
  /// Steps between samples; `nil` for none.
  public var sampleInterval: Int?
  /// The number of checkpoints that are kept.
  public var keptCheckpoints: Int

  /// A validated plan of training.
  ///
  /// - Parameters:
  ///   - steps: updates of the parameters.
  ///   - batch: sequences of one update, a multiple of `microbatch`.
  ///   - microbatch: sequences that pass through the network at once.
  ///   - schedule: the learning rate.
  ///   - optimizer: the constants of the optimiser.
  ///   - gradientClip: the largest norm of a gradient.
  ///   - masking: how tokens are hidden from a masked model.
  ///   - seed: decides the order of the data.
  ///   - validationInterval: steps between validations.
  ///   - saveInterval: steps between checkpoints.
  ///   - sampleInterval: steps between samples.
  ///   - keptCheckpoints: the number of checkpoints that are kept.
  /// - Throws: ``ConfigurationError`` where the numbers do not fit together.
  public init(
    steps: Int, batch: Int, microbatch: Int, schedule: LearningRateSchedule,
    optimizer: AdamWConfiguration = AdamWConfiguration(), gradientClip: Float? = 1,
    masking: MaskingConfiguration? = nil, seed: UInt64,
    validationInterval: Int, saveInterval: Int, sampleInterval: Int?, keptCheckpoints: Int
  ) throws(ConfigurationError) {
    self.optimizer = optimizer
    self.gradientClip = gradientClip
    self.masking = masking
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
    for (name, value, limit) in [
      ("number of steps", steps, 1_000_000_000), ("batch", batch, 1 << 20),
      ("microbatch", microbatch, 1 << 20), ("validation interval", validationInterval, Int.max),
      ("checkpoint interval", saveInterval, Int.max),
      ("sample interval", sampleInterval ?? 1, Int.max),
      ("number of checkpoints kept", keptCheckpoints, 1 << 20),
      ("number of validation tokens", validationTokens, Int.max),
    ] where !(1...limit).contains(value) {
      throw ConfigurationError(
        "The \(name) is \(value); expected \(limit == .max ? "at least 1" : "1 to \(limit)").")
    }
    guard batch.isMultiple(of: microbatch) else {
      throw ConfigurationError(
        "The batch of \(batch) sequences is not a multiple of the microbatch of \(microbatch).")
    }
    guard schedule.peak > 0, schedule.peak.isFinite, schedule.warmupSteps >= 0,
      (0...1).contains(schedule.finalFraction)
    else {
      throw ConfigurationError(
        """
        The learning rate is \(schedule.peak) with \(schedule.warmupSteps) steps of warm-up; \
        expected a positive rate and no negative number of steps.
        """)
    }
    guard optimizer.weightDecay >= 0, optimizer.weightDecay.isFinite else {
      throw ConfigurationError(
        "The weight decay is \(optimizer.weightDecay); expected a number of at least 0.")
    }
    if let gradientClip, !(gradientClip > 0 && gradientClip.isFinite) {
      throw ConfigurationError(
        "The largest gradient norm is \(gradientClip); expected a number above 0.")
    }
    guard optimizer.hasUsableConstants else {
      throw ConfigurationError("The constants of the optimiser, \(optimizer), are none of AdamW.")
    }
  }

  /// The passes whose gradients are added up for one update.
  public var accumulationSteps: Int { batch / microbatch }
}
