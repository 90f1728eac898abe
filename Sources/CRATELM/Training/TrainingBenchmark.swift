/// The speed of whole updates on random tokens.
public struct TrainingBenchmark: Sendable {
  /// Tokens of an update over the median of the seconds it took.
  public let tokensPerSecond: Double
  /// Floating-point operations per second that the model's definition needs; see
  /// ``TrainingCost/operationsPerToken(_:)``.
  public let operationsPerSecond: Double
  /// The same of square products in the same process, before and after the updates.
  public let gemmOperationsPerSecond: Double

  /// Updates that are not counted, while memory is touched for the first time.
  private static let warmupSteps = 3

  /// Measures `steps` updates.
  ///
  /// - Parameters:
  ///   - configuration: the model's shape.
  ///   - batch: sequences of an update.
  ///   - steps: updates that are counted.
  ///   - threads: the number of threads.
  /// - Throws: ``OutOfMemory``, ``TrainingError``.
  public init(
    _ configuration: ModelConfiguration, batch: Int, steps: Int, threads: Int
  ) throws {
    let model = try LanguageModel(configuration, seed: 0)
    let shape = BatchShape(sequences: batch, context: configuration.contextLength)
    let update = try ParameterUpdate(
      model, shape: shape, optimizer: AdamWConfiguration(), gradientClip: 1,
      workers: Workers(count: threads))
    let rateBefore = try GEMMBenchmark.operationsPerSecond(threads: threads)
    var generator = SplitMix64(seed: 0)
    let clock = ContinuousClock()
    var seconds: [Double] = []
    for step in 1...Self.warmupSteps + steps {
      let inputs = shape.randomTokens(below: configuration.vocabularySize, &generator)
      let targets = shape.randomTokens(below: configuration.vocabularySize, &generator)
      let start = clock.now
      update.accumulate(inputs: inputs, targets: targets, totalTokens: shape.tokens)
      _ = try update.apply(step: step, learningRate: 3e-4)
      if step > Self.warmupSteps { seconds.append((clock.now - start) / .seconds(1)) }
    }
    let rateAfter = try GEMMBenchmark.operationsPerSecond(threads: threads)
    tokensPerSecond = Double(shape.tokens) / seconds.sorted()[seconds.count / 2]
    operationsPerSecond = tokensPerSecond * TrainingCost.operationsPerToken(configuration)
    gemmOperationsPerSecond = max(rateBefore, rateAfter)
  }
}

extension BatchShape {
  fileprivate func randomTokens(
    below count: Int, _ generator: inout SplitMix64
  ) -> [Int32] {
    (0..<tokens).map { _ in Int32(generator.integer(below: count)) }
  }
}
