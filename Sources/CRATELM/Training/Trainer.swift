import Parallel

/// Trains a model on packed text, one update at a time.
public final class Trainer {
  /// The model in training.
  public let model: LanguageModel
  /// The plan of training.
  public let configuration: TrainingConfiguration
  /// The progress of training.
  public internal(set) var state = TrainingState()

  private let update: ParameterUpdate
  private let validator: MixtureValidator
  private let layerWatch: LayerWatch?
  private var loader: MixtureLoader
  /// The microbatches of an update, all read before the first pass: their mean needs the number of
  /// predictions.
  private var batches: [Batch]

  /// Reserves all memory for training.
  ///
  /// - Parameters:
  ///   - model: the model to train.
  ///   - data: the text to learn from.
  ///   - vocabulary: the masking vocabulary of a masked model's tokenizer.
  ///   - configuration: the plan of training.
  ///   - threads: the number of threads.
  /// - Throws: ``DataError`` if a text is shorter than one context; ``ConfigurationError`` if
  ///   the data have more ids than the model, a masked model has no masking vocabulary or the
  ///   processor lacks the precision; ``OutOfMemory``.
  public init(
    model: LanguageModel, data: some TrainingData, vocabulary: MaskingVocabulary? = nil,
    configuration: TrainingConfiguration, threads: Int
  ) throws {
    let mixture = data.mixture
    guard mixture.vocabularySize <= model.configuration.vocabularySize else {
      throw ConfigurationError(
        """
        The model has a vocabulary of \(model.configuration.vocabularySize), the data one of \
        \(mixture.vocabularySize); train on data packed with the model's tokenizer.
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
    loader = try MixtureLoader(
      mixture, seed: configuration.seed, starts: configuration.windowStarts, examples: examples)
    update = try ParameterUpdate(
      model, shape: shape, optimizers: OptimizerPlan(configuration),
      gradientClip: configuration.gradientClip, gradientSum: configuration.gradientSum,
      accumulationSteps: configuration.accumulationSteps, precision: configuration.precision,
      dropout: DropoutStream(rate: configuration.dropout, seed: configuration.seed),
      workers: Workers(threads: threads))
    validator = try MixtureValidator(
      mixture, shares: mixture.shares(in: examples), network: update.network,
      vocabulary: vocabulary)
    layerWatch = try configuration.analysisInterval.map { _ in
      try LayerWatch(
        mixture, model.configuration, plan: configuration, vocabulary: vocabulary, threads: threads)
    }
    batches = (0..<configuration.accumulationSteps).map { _ in
      Batch(sequences: shape.sequences, contextLength: shape.context)
    }
  }

  /// The optimisers of the parameters.
  var optimizers: [any Optimizer] { update.optimizers }

  /// The bytes of memory for training a model, without the data's cache.
  ///
  /// - Parameters:
  ///   - model: the shape.
  ///   - plan: the plan of training.
  ///   - threads: the number of threads.
  /// - Returns: the bytes of parameters, gradients, moments, activations and scratch.
  public static func byteCount(
    _ model: ModelConfiguration, _ plan: TrainingConfiguration, threads: Int
  ) -> Int {
    let shape = BatchShape(sequences: plan.microbatch, context: model.contextLength)
    let blueprint = Blueprint(model)
    let workerCount = Workers(threads: threads).count
    // Parameters and each set of gradients include folded values; moments do not.
    let foldedCopies = 1 + plan.gradientSum.bufferCount(plan.accumulationSteps)
    return blueprint.activationByteCount(shape, .training, workerCount: workerCount)
      + foldedCopies * blueprint.parameterByteCount
      + OptimizerSet.byteCount(
        blueprint.parameters, OptimizerPlan(plan), workerCount: workerCount)
  }

  /// Performs one update.
  ///
  /// - Parameter check: called with the number of finished microbatches, from 0 on; its error stops
  ///   the update without a trace.
  /// - Returns: the report of the update.
  /// - Throws: ``TrainingError``, the data's errors or the error of `check`; the parameters stay.
  public func step(
    check: (_ doneMicrobatches: Int) throws -> Void = { _ in }
  ) throws -> StepReport {
    try check(0)
    let clock = ContinuousClock()
    let start = clock.now
    let step = state.step + 1
    let tokens = try readBatches()
    let learningRate = configuration.schedule.learningRate(at: step)
    let summary = try completeGradient(of: step, check)
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

  private func completeGradient(
    of step: Int, _ check: (Int) throws -> Void
  ) throws -> GradientSummary {
    do {
      return try update.computeGradient(of: batches, check: check)
    } catch let error as NonFiniteGradient {
      throw TrainingError.diverged(
        step: step, sequences: sequences(of: step), loss: error.loss,
        gradientNorm: error.gradientNorm, tensor: error.tensor)
    }
  }

  /// The positions of an update's sequences in the order of the data; they follow from the step.
  private func sequences(of step: Int) -> Range<Int> {
    (step - 1) * configuration.batch..<step * configuration.batch
  }

  /// The state of every layer after the last update.
  ///
  /// - Returns: a report for each layer from the last microbatch; call it before ``validate()``.
  public func layerReports() -> [LayerReport] {
    update.layerReports()
  }

  /// The measures of all layers after `step`; `nil` if the plan asks for none then.
  func analyzeLayers(after step: Int) throws -> TrainingAnalysis? {
    guard configuration.analyzesLayers(after: step) else { return nil }
    return try layerWatch?.analyze(model)
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
      throw DataError.nothingToPredict(
        validator.mixture.sources[0].data.directory, step: state.step + 1)
    }
    return tokens
  }

  /// Refuses to save parameters that are not finite or give no finite validation loss.
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

  /// The texts whose validation split is shorter than one context.
  public var textsWithoutValidation: [TokenData] { validator.textsWithoutValidation }

  /// The loss on the first ``TrainingConfiguration/validationTokens`` of each validation split.
  ///
  /// - Returns: `nil` if all validation splits are shorter than one context.
  /// - Throws: the data's errors.
  public func validate() throws -> ValidationLoss? {
    validator.total(of: try validationReports())
  }

  /// What ``validate()`` measures on each text; `nil` for one without validation.
  package func validationReports() throws -> [EvaluationReport?] {
    try validator.reports(maximumTokens: configuration.validationTokens)
  }
}
