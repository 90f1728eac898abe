import Parallel
public import Storage
import SystemPackage

/// The training of a model in a directory, with a log, validations and checkpoints at intervals:
/// whatever ends the process, the run can resume from a checkpoint.
///
/// From the first step on the run holds the directory's ``RunDirectory/lock()``.
public final class Run {
  /// The directory of the run.
  public let directory: RunDirectory
  /// The record written to `config.json`.
  public let record: RunRecord
  /// The trainer.
  public let trainer: Trainer
  /// The last validation; after resuming, the one in the last line of the log, if any.
  public private(set) var lastValidation: ValidationLoss?
  /// The last update's report.
  public private(set) var lastStep: StepReport?

  private let origin: Origin
  private let store: CheckpointStore
  private let description: Checkpoint.Description
  /// The lock of the directory; `nil` until the directory exists.
  private var lock: DirectoryLock?
  /// Whether the directory has been checked to be replaceable.
  private var isClaimed = false
  private var metrics: MetricsLog?
  /// The step of the last checkpoint.
  private var savedStep: Int
  /// When it was saved, or training began.
  private var lastSave = ContinuousClock.now

  /// The origin of a run.
  private enum Origin {
    /// A new run; it may replace another run.
    case new(replacing: RunDirectory.Replaceable)
    case checkpoint(Checkpoint, ResumePoint)
  }

  private init(
    _ directory: RunDirectory, _ record: RunRecord, _ trainer: Trainer, tokenizer: FilePath,
    _ origin: Origin, _ lock: DirectoryLock?
  ) throws {
    (self.directory, self.record, self.trainer, self.origin) = (directory, record, trainer, origin)
    description = Checkpoint.Description(
      configuration: try RecordFile.bytes(of: record), tokenizer: try FileContents.read(tokenizer))
    store = CheckpointStore(directory)
    savedStep = trainer.state.step
    self.lock = try lock ?? directory.lock()
  }

  /// Makes a new run; nothing is written before ``train(observer:)``.
  ///
  /// - Parameters:
  ///   - directory: its directory.
  ///   - model: the shape of the model.
  ///   - training: the plan of training.
  ///   - weights: the weights to begin with; `nil` to draw them.
  ///   - data: the text to learn from, in directories.
  ///   - vocabulary: the masking vocabulary of a masked model's tokenizer.
  ///   - conditions: the program and the threads.
  ///   - replaceable: the runs that it may replace.
  ///   - lock: the directory's lock, if the caller holds it.
  /// - Returns: the run.
  /// - Throws: `FileError.inUse` if another process changes the directory; ``ConfigurationError``
  ///   and ``DataError`` if the weights do not go with the shape or the data; as
  ///   ``Trainer/init(model:data:vocabulary:configuration:threads:)``.
  public static func create(
    _ directory: RunDirectory, model: ModelConfiguration, training: TrainingConfiguration,
    with weights: InitialWeights? = nil, on data: some TrainingData,
    vocabulary: MaskingVocabulary? = nil, conditions: Conditions,
    replacing replaceable: RunDirectory.Replaceable = .nothing, holding lock: DirectoryLock? = nil
  ) throws -> Run {
    let record = try RunRecord(
      model: model, tokenizer: data.mixture.tokenizer, textBounds: data.mixture.textBounds,
      training: TrainingRecord(
        configuration: training, from: weights?.origin, data: data.mixture,
        conditions: conditions))
    return try begin(
      directory, record, plan: training, with: weights, on: data, vocabulary: vocabulary,
      threads: conditions.threads, replacing: replaceable, holding: lock)
  }

  /// The run of `record`, whose training follows `plan`, before its first step.
  private static func begin(
    _ directory: RunDirectory, _ record: RunRecord, plan: TrainingConfiguration,
    with weights: InitialWeights?, on data: some TrainingData, vocabulary: MaskingVocabulary?,
    threads: Int, replacing replaceable: RunDirectory.Replaceable, holding lock: DirectoryLock?
  ) throws -> Run {
    try weights?.require(data.mixture)
    let model =
      try weights?.model(of: record.model, seed: plan.seed)
      ?? LanguageModel(record.model, seed: plan.seed)
    let workers = Workers(threads: threads)
    if plan.boundsDictionaries { model.boundDictionaries(workers: workers) }
    model.fold(workers: workers)
    let trainer = try Trainer(
      model: model, data: data, vocabulary: vocabulary,
      configuration: plan, threads: threads)
    return try Run(
      directory, record, trainer, tokenizer: data.mixture.tokenizerPath,
      .new(replacing: replaceable), lock)
  }

  /// Resumes a run from `point`; nothing is written before ``train(observer:)``.
  ///
  /// - Parameters:
  ///   - point: the checkpoint to resume from.
  ///   - weights: ``ResumePoint/initialWeights(threads:)``, if it begins anew.
  ///   - data: the data that the run began with.
  ///   - vocabulary: the masking vocabulary of a masked model's tokenizer.
  ///   - conditions: the program and the threads; changes are recorded.
  ///   - lock: the directory's lock, held by the caller since before the point was found.
  /// - Returns: the run.
  /// - Throws: `FileError`, ``CheckpointError``, ``ConfigurationError`` for other data; as
  ///   ``Trainer/init(model:data:vocabulary:configuration:threads:)``.
  public static func resume(
    from point: ResumePoint, with weights: InitialWeights? = nil, on data: some TrainingData,
    vocabulary: MaskingVocabulary? = nil, conditions: Conditions,
    holding lock: DirectoryLock? = nil
  ) throws -> Run {
    try point.require(data.mixture)
    let (plan, record) = (point.training.configuration, point.record(under: conditions))
    guard let checkpoint = point.checkpoint else {
      guard weights?.origin.fingerprint == point.training.from?.fingerprint else {
        throw ConfigurationError(
          "The run at \(point.directory.path) begins with other weights; give those it recorded.")
      }
      return try begin(
        point.directory, record, plan: plan, with: weights, on: data, vocabulary: vocabulary,
        threads: conditions.threads, replacing: .runWithoutWeights, holding: lock)
    }
    let trainer = try Trainer(
      model: LanguageModel(zeros: point.record.model), data: data,
      vocabulary: vocabulary, configuration: plan, threads: conditions.threads)
    trainer.resume(at: try checkpoint.read(into: trainer.snapshot))
    if point.hasNewPlan { trainer.renewPatience() }
    return try Run(
      point.directory, record, trainer, tokenizer: data.mixture.tokenizerPath,
      .checkpoint(checkpoint, point), lock)
  }

  /// Finishes or undoes what a killed process left behind, then opens the log at the resumed step.
  ///
  /// After an error it can be called again; after success it does nothing.
  package func open() throws {
    _ = try openedLog()
  }

  private func openedLog() throws -> MetricsLog {
    if let metrics { return metrics }
    try prepare()
    try directory.removeLeftovers()
    if case .checkpoint(let checkpoint, _) = origin {
      trainer.state.best = try store.settleBest(of: trainer.state)
      try store.settle(on: checkpoint, of: trainer.configuration)
    }
    let log = try MetricsLog(directory.metrics, after: trainer.state.step)
    (lastStep, lastValidation) = (log.lastLine?.step, log.lastLine?.validation)
    metrics = log
    return log
  }

  /// Checks the free space for checkpoints, makes the directory and writes its record.
  private func prepare() throws {
    if lock != nil { try claim() }
    try store.requireSpace(
      for: trainer.configuration, each: checkpointByteCount, after: trainer.state.step)
    if lock == nil {
      try FileSystem.createDirectory(directory.path)
      lock = try directory.lock()
      try claim()
    }
    switch origin {
    case .checkpoint(let checkpoint, let point):
      try store.setAside(leftBy: point)
      // Before another plan is written, which checkpoints of the old one must not follow.
      if point.leavesCourse { try store.removeAll(after: checkpoint) }
      if record != point.record { try record.write(to: directory) }
    case .new: try directory.create(record, tokenizer: description.tokenizer, replacing: .run)
    }
  }

  /// Checks, once, that the content of the directory may be replaced: later it is this run's own.
  private func claim() throws {
    guard case .new(let replaceable) = origin, !isClaimed else { return }
    try directory.requireReplaceable(replaceable)
    isClaimed = true
  }

  /// Trains until the last step, or until `observer` returns `false`, then saves.
  ///
  /// - Parameters:
  ///   - sample: shows what the model can do by now, for the log; `nil` for nothing.
  ///   - observer: called with every event; returns whether to go on.
  /// - Returns: the reason for the end.
  /// - Throws: ``TrainingError``, the data's errors, `FileError`; the last checkpoint stays.
  public func train(
    sampling sample: (LanguageModel) throws -> String? = { _ in nil },
    observer: (TrainingEvent) throws -> Bool
  ) throws -> TrainingEnd {
    let metrics = try write(observer) { try openedLog() }
    let plan = trainer.configuration
    lastSave = .now
    var proceeds = true
    while proceeds, !trainer.isComplete {
      guard let report = try step(observer) else {
        if let lastStep, trainer.state.step > savedStep {
          try save(lastStep, validation: nil, metrics, observer)
        }
        return .stopped
      }
      let isLast = report.step == plan.steps
      var line = MetricsLine(report)
      var isBest = false
      if isLast || report.step.isMultiple(of: plan.validationInterval) {
        _ = try observer(.validating(step: report.step))
        line.layers = trainer.layerReports()
        line.validation = try trainer.validate()
        lastValidation = line.validation
        isBest = line.validation.map(trainer.observe) ?? false
      }
      line.analysis = try trainer.analyzeLayers(after: report.step)
      if let interval = plan.sampleInterval, isLast || report.step.isMultiple(of: interval) {
        _ = try observer(.sampling(step: report.step))
        line.sample = try sample(trainer.model)
      }
      lastStep = report
      try write(observer) { try metrics.append(line) }
      proceeds = try observer(.step(report, validation: line.validation))
      if let sample = line.sample {
        proceeds = try observer(.sample(sample, step: report.step)) && proceeds
      }
      let isDue = plan.saveSeconds.map { .now - lastSave >= .seconds($0) } ?? false
      if isDue || isBest || !proceeds || trainer.isComplete
        || plan.plansCheckpoint(after: report.step)
      {
        proceeds = try save(report, validation: line.validation, metrics, observer) && proceeds
      }
    }
    return trainer.isComplete ? .finished : .stopped
  }

  /// Does one update; `nil` if the observer stopped it between two microbatches.
  private func step(_ observer: (TrainingEvent) throws -> Bool) throws -> StepReport? {
    struct Ended: Error {}
    let (step, count) = (trainer.state.step + 1, trainer.configuration.accumulationSteps)
    do {
      return try trainer.step { done in
        guard try observer(.microbatch(done: done, of: count, step: step)) else { throw Ended() }
      }
    } catch is Ended {
      return nil
    }
  }

  /// Publishes a checkpoint after the update `report`; each step of that is retried by itself.
  ///
  /// - Returns: whether the observer wants to go on.
  @discardableResult
  private func save(
    _ report: StepReport, validation: ValidationLoss?, _ metrics: MetricsLog,
    _ observer: (TrainingEvent) throws -> Bool
  ) throws -> Bool {
    try trainer.checkParameters(after: report, validation: validation)
    try write(observer) { try metrics.synchronize() }
    let checkpoint = try write(observer) { try store.publish(trainer.snapshot, of: description) }
    if trainer.state.best?.step == checkpoint.step {
      try write(observer) { try store.keepBest(checkpoint) }
    }
    try write(observer) { try store.complete(checkpoint, of: trainer.configuration) }
    (savedStep, lastSave) = (checkpoint.step, .now)
    return try observer(.saved(checkpoint))
  }

  /// The bytes that a checkpoint takes at most.
  private var checkpointByteCount: Int {
    Checkpoint.byteCount(
      of: trainer.model.layout, tokenizerByteCount: description.tokenizer.count)
  }

  /// Runs `body`, which writes to the run, and retries it on a full disk as long as the observer
  /// wants.
  private func write<Value>(
    _ observer: (TrainingEvent) throws -> Bool, _ body: () throws -> Value
  ) throws -> Value {
    var failures = 0
    while true {
      _ = try observer(.writing)
      do {
        return try body()
      } catch let error as FileError where error.isFullDisk {
        failures += 1
        let reason = try store.spaceError(error, needing: checkpointByteCount)
        guard try observer(.diskFull(reason, failures: failures)) else { throw reason }
      }
    }
  }
}
