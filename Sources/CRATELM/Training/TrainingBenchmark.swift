import Parallel

/// The speed of whole updates on random tokens.
public struct TrainingBenchmark: Sendable {
  /// The tokens of an update divided by the median of its seconds.
  public let tokensPerSecond: Double
  /// The floating-point operations per second, as ``TrainingCost`` counts them.
  public let operationsPerSecond: Double
  /// The rate of square products in the same process, the better of before and after the updates.
  public let gemmOperationsPerSecond: Double

  /// The times of the parts of an update; empty unless requested.
  public let profile: [PartTime]

  /// The time of a part of the work.
  public struct PartTime: Sendable {
    /// The part.
    public let part: WorkPart
    /// The mean seconds per update.
    public let seconds: Double
    /// The rate of its operations as a share of ``gemmOperationsPerSecond``; `nil` for a part
    /// without operations.
    public let shareOfGEMM: Double?
  }

  /// The updates before the counted ones, which touch memory for the first time.
  private static let warmupSteps = 3

  /// Measures `steps` updates.
  ///
  /// - Parameters:
  ///   - configuration: the model's shape.
  ///   - batch: the sequences of an update.
  ///   - steps: the number of counted updates.
  ///   - matrices: the optimiser of the matrices.
  ///   - precision: the precision of products.
  ///   - dropout: the share of units that are dropped, at least 0 and below 1.
  ///   - threads: the number of threads.
  ///   - isProfiled: whether to measure the time of each part.
  /// - Throws: ``OutOfMemory``, ``NonFiniteGradient``; ``ConfigurationError`` for a masked model of
  ///   one id or a precision that the processor lacks.
  public init(
    _ configuration: ModelConfiguration, batch: Int, steps: Int,
    matrices: MatrixOptimizer = .muon(MuonConfiguration()), precision: Precision,
    dropout: Float = 0, threads: Int, isProfiled: Bool = false
  ) throws {
    try precision.require()
    let model = try LanguageModel(configuration, seed: 0)
    let shape = BatchShape(sequences: batch, context: configuration.contextLength)
    let profile = isProfiled ? Profile() : nil
    let update = try ParameterUpdate(
      model, shape: shape, optimizers: OptimizerPlan(matrices: matrices), gradientClip: 1,
      precision: precision, dropout: DropoutStream(rate: dropout, seed: 0),
      workers: Workers(threads: threads), instruments: profile)
    let rateBefore = try GEMMBenchmark.operationsPerSecond(threads: threads)
    var random = try RandomBatches(configuration, shape)
    var microbatch = Batch(sequences: shape.sequences, contextLength: shape.context)
    let clock = ContinuousClock()
    var seconds: [Double] = []
    for step in 1...Self.warmupSteps + steps {
      random.fill(&microbatch)
      if step == Self.warmupSteps + 1 { profile?.reset() }
      let start = clock.now
      update.apply(
        try update.computeGradient(of: [microbatch]), step: step, learningRate: 3e-4,
        boundsDictionaries: true)
      if step > Self.warmupSteps { seconds.append((clock.now - start) / .seconds(1)) }
    }
    let rateAfter = try GEMMBenchmark.operationsPerSecond(threads: threads)
    tokensPerSecond = Double(shape.tokens) / seconds.sorted()[seconds.count / 2]
    let predictedShare = Double(microbatch.predicted.count) / Double(shape.tokens)
    operationsPerSecond =
      tokensPerSecond
      * TrainingCost.operationsPerToken(model.blueprint, predictedShare: predictedShare)
    let gemmRate = max(rateBefore, rateAfter)
    gemmOperationsPerSecond = gemmRate
    guard let profile else {
      self.profile = []
      return
    }
    self.profile = WorkPart.allCases.map { part in
      let seconds = profile.seconds(part) / Double(steps)
      let operations =
        Double(shape.tokens)
        * TrainingCost.operationsPerToken(part, model.blueprint, predictedShare: predictedShare)
      return PartTime(
        part: part, seconds: seconds,
        shareOfGEMM: operations > 0 ? operations / seconds / gemmRate : nil)
    }
  }
}

/// Batches of random tokens, with as many predictions as in training.
private struct RandomBatches {
  private let shape: BatchShape
  private let vocabularySize: Int
  private var examples: any Examples
  private var generator = SplitMix64(seed: 0)
  private var sequence = 0

  init(_ model: ModelConfiguration, _ shape: BatchShape) throws(ConfigurationError) {
    self.shape = shape
    vocabularySize = model.vocabularySize
    examples = try model.examples(
      for: .training(MaskingConfiguration(), seed: 0),
      vocabulary: model.objective.frame == .none ? nil : .arbitrary(size: vocabularySize))
  }

  mutating func fill(_ batch: inout Batch) {
    batch.removeAll()
    for _ in 0..<shape.sequences {
      // As many tokens as in a whole window.
      var ids = examples.tokens(ofWindow: 0, in: .max).map { _ in
        Int32(generator.integer(below: vocabularySize))
      }
      examples.append(&ids, position: sequence, to: &batch)
      sequence += 1
    }
  }
}

extension MaskingVocabulary {
  /// A vocabulary with id 0 as every special token.
  fileprivate static func arbitrary(size: Int) throws(ConfigurationError) -> MaskingVocabulary {
    try MaskingVocabulary(
      vocabularySize: size, roles: Roles(mask: 0, beginning: 0, end: 0, padding: 0), special: [],
      unused: [], continuing: [])
  }
}
