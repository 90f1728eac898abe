/// Trains a model on a data directory, one update at a time.
public final class Trainer {
  /// The model that learns.
  public let model: LanguageModel
  /// How it learns.
  public let configuration: TrainingConfiguration
  /// How far it has come.
  public internal(set) var state = TrainingState()

  let optimizer: AdamW
  private let network: Network
  private let workers: Workers
  private let gradients: Parameters
  private let gradientNorm: GradientNorm
  private let evaluator: Evaluator
  private var loader: BatchLoader
  private var batch: Batch

  /// Reserves all memory that training needs.
  ///
  /// - Parameters:
  ///   - model: the model that learns.
  ///   - data: what it learns from.
  ///   - configuration: how it learns.
  ///   - threads: the number of threads.
  /// - Throws: ``DataError`` where the data are shorter than one context, ``ConfigurationError``
  ///   where model and data differ in their vocabulary, ``OutOfMemory``.
  public init(
    model: LanguageModel, data: TokenData, configuration: TrainingConfiguration, threads: Int
  ) throws {
    guard data.manifest.vocabularySize == model.configuration.vocabularySize else {
      throw ConfigurationError(
        """
        The model has a vocabulary of \(model.configuration.vocabularySize), the data one of \
        \(data.manifest.vocabularySize); train on data packed with the model's tokenizer.
        """)
    }
    self.model = model
    self.configuration = configuration
    let shape = BatchShape(
      sequences: configuration.microbatch, context: model.configuration.contextLength)
    loader = try BatchLoader(
      split: data.train, contextLength: shape.context, order: .shuffled(seed: configuration.seed))
    workers = Workers(count: threads)
    network = try Network(model, shape: shape, purpose: .training, workers: workers)
    evaluator = try Evaluator(network: network, data: data)
    optimizer = try AdamW(model.layout, configuration.optimizer)
    gradients = try model.makeGradients()
    gradientNorm = GradientNorm(model.layout)
    batch = Batch(sequences: shape.sequences, contextLength: shape.context)
  }

  /// The bytes that training such a model takes, the data's cache not counted.
  ///
  /// - Parameters:
  ///   - model: the shape.
  ///   - microbatch: sequences that pass through the network at once.
  ///   - threads: the number of threads.
  public static func byteCount(
    _ model: ModelConfiguration, microbatch: Int, threads: Int
  ) -> Int {
    let shape = BatchShape(sequences: microbatch, context: model.contextLength)
    let workers = Workers(count: threads)
    return Network.byteCount(model, shape: shape, purpose: .training, workers: workers)
      + 4 * LanguageModel.parameterByteCount(model)
  }

  /// Does one update.
  ///
  /// - Throws: ``TrainingError/diverged(step:loss:gradientNorm:tensor:)`` before the parameters
  ///   are touched where the loss or the gradient is not finite; the data's errors.
  public func step() throws -> StepReport {
    let clock = ContinuousClock()
    let start = clock.now
    let step = state.step + 1
    let loss = try accumulateGradients(from: state.step * configuration.batch)
    let norm = gradientNorm(gradients.values, workers: workers)
    guard loss.isFinite, norm.isFinite else {
      throw TrainingError.diverged(
        step: step, loss: loss, gradientNorm: norm, tensor: nonFiniteGradient)
    }
    let learningRate = configuration.schedule.learningRate(at: step)
    optimizer.update(
      model.parameters.values, gradient: gradients.values,
      scale: GradientNorm.clippingScale(norm: norm, limit: configuration.gradientClip),
      learningRate: Float(learningRate), step: step, workers: workers)
    model.fold()

    let tokens = configuration.batch * network.shape.context
    let seconds = (clock.now - start) / .seconds(1)
    state.step = step
    state.tokens += tokens
    state.seconds += seconds
    return StepReport(
      step: step, tokens: state.tokens, loss: loss, learningRate: learningRate,
      gradientNorm: norm, tokensPerSecond: Double(tokens) / seconds, seconds: state.seconds)
  }

  /// The loss on the validation split, `nil` where the data have none of at least one context.
  ///
  /// - Throws: the data's errors.
  public func validate() throws -> EvaluationReport? {
    try evaluator.evaluate(.validation)
  }

  /// The mean loss of the batch that begins at window `position`, and its gradient.
  private func accumulateGradients(from position: Int) throws -> Double {
    gradients.clear()
    let tokenCount = configuration.batch * network.shape.context
    var sum = 0.0
    for microbatch in 0..<configuration.accumulationSteps {
      let first = position + microbatch * configuration.microbatch
      try batch.fill(from: &loader, at: first..<first + configuration.microbatch)
      sum += network.lossAndGradients(
        inputs: batch.inputs, targets: batch.targets, scale: 1 / Float(tokenCount),
        gradients: gradients)
    }
    model.unfold(gradients)
    return sum / Double(tokenCount)
  }

  /// The first tensor whose gradient is not finite.
  private var nonFiniteGradient: String? {
    model.layout.tensors.first { tensor in
      let gradient = gradients.values.all[tensor.slot.offset..<tensor.slot.offset + tensor.slot.count]
      return !Reductions.squaredNorm(gradient).isFinite
    }?.name
  }
}
