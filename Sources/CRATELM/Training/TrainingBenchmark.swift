import Parallel

/// The speed of whole updates on random tokens.
public struct TrainingBenchmark: Sendable {
  /// Tokens of an update over the median of the seconds it took.
  public let tokensPerSecond: Double
  /// Floating-point operations per second that the model's definition needs; see
  /// ``TrainingCost/operationsPerToken(_:predictedShare:)``.
  public let operationsPerSecond: Double
  /// The same of square products in the same process, before and after the updates.
  public let gemmOperationsPerSecond: Double

  /// Where the time of an update goes, if that was asked for.
  public let profile: [PartTime]

  /// The time of a part of the work.
  public struct PartTime: Sendable {
    /// The part.
    public let part: WorkPart
    /// Seconds of an update, on average.
    public let seconds: Double
    /// The rate of its operations over that of square products; `nil` for a part without any.
    public let shareOfGEMM: Double?
  }

  /// Updates that are not counted, while memory is touched for the first time.
  private static let warmupSteps = 3

  /// Measures `steps` updates.
  ///
  /// - Parameters:
  ///   - configuration: the model's shape.
  ///   - batch: sequences of an update.
  ///   - steps: updates that are counted.
  ///   - precision: that of the products.
  ///   - threads: the number of threads.
  ///   - isProfiled: whether the time of each part is measured.
  /// - Throws: ``OutOfMemory``, ``NonFiniteGradient``; ``ConfigurationError`` for a masked model of
  ///   one id or a precision that the processor has not.
  public init(
    _ configuration: ModelConfiguration, batch: Int, steps: Int, precision: Precision,
    threads: Int, isProfiled: Bool = false
  ) throws {
    try precision.require()
    let model = try LanguageModel(configuration, seed: 0)
    let shape = BatchShape(sequences: batch, context: configuration.contextLength)
    let profile = isProfiled ? Profile() : nil
    let update = try ParameterUpdate(
      model, shape: shape, optimizer: AdamWConfiguration(), gradientClip: 1,
      precision: precision, workers: Workers(threads: threads), instruments: profile)
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

/// Batches of random tokens, with as many predictions as training has.
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
      // As many tokens as a window that is not the last.
      var ids = examples.tokens(ofWindow: 0, in: .max).map { _ in
        Int32(generator.integer(below: vocabularySize))
      }
      examples.append(&ids, position: sequence, to: &batch)
      sequence += 1
    }
  }
}

extension MaskingVocabulary {
  /// A vocabulary in which the first id plays all parts.
  fileprivate static func arbitrary(size: Int) throws(ConfigurationError) -> MaskingVocabulary {
    try MaskingVocabulary(
      vocabularySize: size, roles: Roles(mask: 0, beginning: 0, end: 0, padding: 0), special: [],
      unused: [], continuing: [])
  }
}
