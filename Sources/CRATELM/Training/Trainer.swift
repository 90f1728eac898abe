import Parallel

/// Trains a model on a data directory, one update at a time.
public final class Trainer {
  /// The model that learns.
  public let model: LanguageModel
  /// How it learns.
  public let configuration: TrainingConfiguration
  /// How far it has come.
  public internal(set) var state = TrainingState()

  private let update: ParameterUpdate
  private let evaluator: Evaluator
  private var loader: BatchLoader
  /// The microbatches of an update, read before the first pass: a mean over their predictions
  /// needs the number of these.
  private var batches: [Batch]

  /// Reserves all memory that training needs.
  ///
  /// - Parameters:
  ///   - model: the model that learns.
  ///   - data: what it learns from.
  ///   - vocabulary: what a masked model's tokenizer says about its ids.
  ///   - configuration: how it learns.
  ///   - threads: the number of threads.
  /// - Throws: ``DataError`` where the data are shorter than one context, ``ConfigurationError``
  ///   where model and data differ in their vocabulary, a masked model comes without one or the
  ///   processor has not the precision,
  ///   ``OutOfMemory``.
  public init(
    model: LanguageModel, data: TokenData, vocabulary: MaskingVocabulary? = nil,
    configuration: TrainingConfiguration, threads: Int
  ) throws {
    guard data.manifest.vocabularySize == model.configuration.vocabularySize else {
      throw ConfigurationError(
        """
        The model has a vocabulary of \(model.configuration.vocabularySize), the data one of \
        \(data.manifest.vocabularySize); train on data packed with the model's tokenizer.
        """)
    }
    try configuration.precision.require()
    self.model = model
    self.configuration = configuration
    let shape = BatchShape(
      sequences: configuration.microbatch, context: model.configuration.contextLength)
    let examples = try model.configuration.examples(
      for: .training(configuration.masking ?? MaskingConfiguration(), seed: configuration.seed),
      vocabulary: vocabulary)
    loader = try BatchLoader(
      split: data.train, order: .shuffled(seed: configuration.seed), examples: examples)
    update = try ParameterUpdate(
      model, shape: shape, optimizer: configuration.optimizer,
      gradientClip: configuration.gradientClip, gradientSum: configuration.gradientSum,
      accumulationSteps: configuration.accumulationSteps, precision: configuration.precision,
      workers: Workers(threads: threads))
    evaluator = try Evaluator(network: update.network, data: data, vocabulary: vocabulary)
    batches = (0..<configuration.accumulationSteps).map { _ in
      Batch(sequences: shape.sequences, contextLength: shape.context)
    }
  }

  /// The moments of the optimiser.
  var optimizer: AdamW { update.optimizer }

  /// The bytes that training such a model takes, the data's cache not counted.
  ///
  /// - Parameters:
  ///   - model: the shape.
  ///   - plan: how it learns.
  ///   - threads: the number of threads.
  /// - Returns: parameters, gradients, moments, activations and scratch.
  public static func byteCount(
    _ model: ModelConfiguration, _ plan: TrainingConfiguration, threads: Int
  ) -> Int {
    let shape = BatchShape(sequences: plan.microbatch, context: model.contextLength)
    let blueprint = Blueprint(model)
    // The parameters and each set of gradients have memory for what is folded; two moments have none.
    let foldedCopies = 1 + plan.gradientSum.bufferCount(plan.accumulationSteps)
    return blueprint.activationByteCount(
      shape, .training, workerCount: Workers(threads: threads).count)
      + foldedCopies * blueprint.parameterByteCount + 2 * blueprint.parameters.byteCount
  }

  /// Does one update.
  ///
  /// - Returns: what it did.
  /// - Throws: ``TrainingError``, with the parameters as they were; the data's errors.
  public func step() throws -> StepReport {
    let clock = ContinuousClock()
    let start = clock.now
    let step = state.step + 1
    let tokens = try readBatches()
    let learningRate = configuration.schedule.learningRate(at: step)
    let summary = try completeGradient(of: step)
    let isSkipped =
      state.spikes.isSpike(summary.gradientNorm) && configuration.spikeAction == .skip
    if isSkipped {
      state.skippedSteps += 1
    } else {
      update.apply(
        summary, step: step - state.skippedSteps, learningRate: learningRate,
        boundsDictionaries: configuration.boundsDictionaries)
    }

    let seconds = (clock.now - start) / .seconds(1)
    state.step = step
    state.tokens += tokens
    state.seconds += seconds
    return StepReport(
      step: step, tokens: state.tokens, loss: summary.loss, learningRate: learningRate,
      gradientNorm: summary.gradientNorm, isSkipped: isSkipped,
      tokensPerSecond: Double(tokens) / seconds, seconds: state.seconds)
  }

  private func completeGradient(of step: Int) throws(TrainingError) -> GradientSummary {
    do {
      return try update.computeGradient(of: batches)
    } catch {
      throw .diverged(
        step: step, sequences: sequences(of: step), loss: error.loss,
        gradientNorm: error.gradientNorm, tensor: error.tensor)
    }
  }

  /// The places of an update's sequences in the order of the data, which follow from the step
  /// alone.
  private func sequences(of step: Int) -> Range<Int> {
    (step - 1) * configuration.batch..<step * configuration.batch
  }

  /// What the last update shows of every layer.
  ///
  /// - Returns: a report for each layer; of the last microbatch, so call it before ``validate()``.
  public func layerReports() -> [LayerReport] {
    update.layerReports()
  }

  /// Reads the microbatches of the update after ``state``; returns the number of their tokens.
  private func readBatches() throws -> Int {
    var (tokens, predictions) = (0, 0)
    var first = sequences(of: state.step + 1).lowerBound
    for index in batches.indices {
      batches[index].removeAll()
      try loader.append(first..<first + configuration.microbatch, to: &batches[index])
      first += configuration.microbatch
      tokens += batches[index].lengths.reduce(0, +)
      predictions += batches[index].predicted.count
    }
    guard predictions > 0 else {
      throw DataError.nothingToPredict(loader.split.directory, step: state.step + 1)
    }
    return tokens
  }

  /// Refuses parameters that are not finite, or give no finite loss, before they are saved.
  func checkParameters(
    after report: StepReport, validation: ValidationLoss?
  ) throws(TrainingError) {
    let tensor = model.nonFiniteTensor(of: model.parameters.values)
    if tensor == nil, validation?.loss.isFinite ?? true { return }
    throw .diverged(
      step: report.step, sequences: sequences(of: report.step),
      loss: validation?.loss ?? report.loss, gradientNorm: report.gradientNorm,
      tensor: tensor)
  }

  /// Whether the data have a validation split of at least one context.
  public var hasValidation: Bool { evaluator.hasWindow(in: .validation) }

  /// The loss on the validation split, or on its beginning where it is long.
  ///
  /// - Returns: `nil` where the data have no validation split of at least one context.
  /// - Throws: the data's errors.
  public func validate() throws -> EvaluationReport? {
    try evaluator.evaluate(.validation, maximumTokens: configuration.validationTokens)
  }
}
