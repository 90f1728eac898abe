extension TrainingConfiguration {
  /// The number of updates in the usual plan.
  public static let usualSteps = 2000
  /// The sequences of an update in the usual plan.
  public static let usualBatch = 16
  /// AdamW's largest learning rate of the usual plan, in which Muon updates the matrices.
  public static let usualLearningRate = 1e-2
  /// AdamW's usual largest learning rate if it updates everything.
  public static let usualAdamWLearningRate = 3e-3
  /// AdamW's β₂ in the usual plan of a causal model, in which Muon updates the matrices.
  public static let usualBeta2: Float = 0.99
  /// The same of a masked model, as published.
  public static let usualMaskedBeta2: Float = 0.98
  /// The share of the usual plan's steps over which its learning rates fall to 0.
  public static let usualDecayShare = 0.4
  /// The most warm-up steps of the usual plan; otherwise warm-up takes a twentieth of all steps.
  public static let usualWarmup = 2000
  /// The checkpoints kept by the usual plan.
  public static let usualKeptCheckpoints = 2
  /// The seconds between checkpoints by the clock in the usual plan.
  public static let usualSaveSeconds = 600
  /// The most tokens of a microbatch in the usual plan, if the batch can be divided so finely.
  public static let usualTokensAtOnce = 8192
  /// The usual last learning rate of a cosine as a fraction of the largest, as published.
  public static let cosineFinalFraction = 0.1

  /// The usual plan, with ten validations and checkpoints, more by the clock, and five samples.
  ///
  /// - Parameters:
  ///   - model: the shape of the model.
  ///   - steps: the number of updates.
  ///   - batch: the sequences of one update.
  ///   - seed: the seed of the order of the data.
  /// - Throws: ``ConfigurationError`` if the numbers do not fit together.
  public init(
    for model: ModelConfiguration, steps: Int = usualSteps, batch: Int = usualBatch, seed: UInt64
  ) throws(ConfigurationError) {
    let most = min(batch, Self.usualTokensAtOnce / model.contextLength)
    let microbatch = (1...max(1, most)).last { batch.isMultiple(of: $0) }
    try self.init(
      steps: steps, batch: batch, microbatch: microbatch ?? 1,
      schedule: LearningRateSchedule(
        peak: Self.usualLearningRate, finalFraction: 0,
        warmupSteps: min(Self.usualWarmup, steps / 20), totalSteps: steps,
        decay: .linear(
          steps: max(1, Int((Self.usualDecayShare * Double(steps)).rounded())))),
      masking: model.objective.examples == .hiddenTokens ? MaskingConfiguration() : nil, seed: seed,
      validationInterval: max(1, steps / 10), saveInterval: max(1, steps / 10),
      sampleInterval: max(1, steps / 5), keptCheckpoints: Self.usualKeptCheckpoints)
    matrices = .muon(MuonConfiguration())
    optimizer.beta2 = usualBeta2
    saveSeconds = Self.usualSaveSeconds
  }

  /// AdamW's β₂ of a plan like this in which Muon updates the matrices.
  public var usualBeta2: Float { masking == nil ? Self.usualBeta2 : Self.usualMaskedBeta2 }
}

extension ModelConfiguration {
  /// The shape of a preset.
  ///
  /// - Parameters:
  ///   - preset: the name of the shape.
  ///   - objective: the task of the model.
  ///   - architecture: the kind of its layers.
  ///   - vocabularySize: the number of token ids.
  /// - Throws: ``ConfigurationError`` for an impossible vocabulary.
  public init(
    _ preset: ModelPreset, objective: Objective = .causal, architecture: Architecture = .crate,
    vocabularySize: Int
  ) throws(ConfigurationError) {
    let shape = preset.shape(for: objective)
    try self.init(
      objective: objective, architecture: architecture, depth: shape.depth, width: shape.width,
      headCount: shape.headCount, contextLength: shape.contextLength,
      vocabularySize: vocabularySize)
  }
}
