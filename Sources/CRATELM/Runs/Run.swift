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
  /// The lock of the directory; `nil` until the directory exists.
  private var lock: DirectoryLock?
  /// Whether the directory has been checked to be replaceable.
  private var isClaimed = false
  private var metrics: MetricsLog?

  /// The origin of a run.
  private enum Origin {
    /// A new run with the tokenizer of its data; it may replace another run.
    case new(tokenizer: FilePath, replacing: RunDirectory.Replaceable)
    case checkpoint(ResumePoint)
  }

  private init(
    _ directory: RunDirectory, _ record: RunRecord, _ trainer: Trainer, _ origin: Origin,
    _ lock: DirectoryLock?
  ) throws {
    (self.directory, self.record, self.trainer, self.origin) = (directory, record, trainer, origin)
    store = CheckpointStore(directory)
    self.lock = try lock ?? directory.lock()
  }

  /// Makes a new run; nothing is written before ``train(observer:)``.
  ///
  /// - Parameters:
  ///   - directory: its directory.
  ///   - model: the shape of the model.
  ///   - training: the plan of training.
  ///   - data: the data to learn from.
  ///   - vocabulary: the masking vocabulary of a masked model's tokenizer.
  ///   - conditions: the program and the threads.
  ///   - replaceable: the runs that it may replace.
  ///   - lock: the directory's lock, if the caller holds it.
  /// - Returns: the run.
  /// - Throws: `FileError.cannotCreate` if another process changes the directory; as
  ///   ``Trainer/init(model:data:vocabulary:configuration:threads:)``.
  public static func create(
    _ directory: RunDirectory, model: ModelConfiguration, training: TrainingConfiguration,
    on data: TokenData, vocabulary: MaskingVocabulary? = nil, conditions: Conditions,
    replacing replaceable: RunDirectory.Replaceable = .nothing, holding lock: DirectoryLock? = nil
  ) throws -> Run {
    let record = try RunRecord(
      model: model, tokenizer: data.manifest.tokenizer,
      training: TrainingRecord(
        configuration: training, data: data.directory.string, dataFingerprint: data.fingerprint(),
        conditions: conditions))
    let trainer = try Trainer(
      model: LanguageModel(model, seed: training.seed), data: data, vocabulary: vocabulary,
      configuration: training, threads: conditions.threads)
    return try Run(
      directory, record, trainer, .new(tokenizer: data.tokenizerPath, replacing: replaceable), lock)
  }

  /// Resumes the run in `directory` from the newest checkpoint that passes its checks.
  ///
  /// - Returns: `nil` if there is no checkpoint.
  /// - Throws: as ``RunDirectory/resumePoint(_:)`` and
  ///   ``resume(from:on:vocabulary:conditions:holding:)``.
  public static func resume(
    _ directory: RunDirectory, on data: TokenData, vocabulary: MaskingVocabulary? = nil,
    conditions: Conditions
  ) throws -> Run? {
    let lock = try directory.lock()
    guard let point = try directory.resumePoint() else { return nil }
    return try resume(
      from: point, on: data, vocabulary: vocabulary, conditions: conditions, holding: lock)
  }

  /// Resumes a run from `point`; nothing is written before ``train(observer:)``.
  ///
  /// - Parameters:
  ///   - point: the checkpoint to resume from.
  ///   - data: the data that the run began with.
  ///   - vocabulary: the masking vocabulary of a masked model's tokenizer.
  ///   - conditions: the program and the threads; changes are recorded.
  ///   - lock: the directory's lock, held by the caller since before the point was found.
  /// - Returns: the run.
  /// - Throws: `FileError`, ``CheckpointError``, ``ConfigurationError`` for other data; as
  ///   ``Trainer/init(model:data:vocabulary:configuration:threads:)``.
  public static func resume(
    from point: ResumePoint, on data: TokenData, vocabulary: MaskingVocabulary? = nil,
    conditions: Conditions, holding lock: DirectoryLock? = nil
  ) throws -> Run {
    try point.require(data)
    let plan = point.training.configuration
    let trainer = try Trainer(
      model: LanguageModel(zeros: point.record.model), data: data,
      vocabulary: vocabulary, configuration: plan, threads: conditions.threads)
    trainer.resume(at: try point.checkpoint.read(into: trainer.snapshot))
    return try Run(
      point.directory, point.record(under: conditions), trainer, .checkpoint(point), lock)
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
    if case .checkpoint(let point) = origin {
      if point.leavesCourse { try store.removeAll(after: point.checkpoint) }
      try store.settle(on: point.checkpoint, keeping: trainer.configuration.keptCheckpoints)
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
      for: trainer.configuration, each: Checkpoint.byteCount(of: trainer.model.layout),
      after: trainer.state.step)
    if lock == nil {
      try FileSystem.createDirectory(directory.path)
      lock = try directory.lock()
      try claim()
    }
    switch origin {
    case .checkpoint(let point):
      if record != point.record { try record.write(to: directory) }
    case .new(let tokenizer, _):
      try directory.create(record, tokenizer: FileContents.read(tokenizer), replacing: .run)
    }
  }

  /// Checks, once, that the content of the directory may be replaced: later it is this run's own.
  private func claim() throws {
    guard case .new(_, let replaceable) = origin, !isClaimed else { return }
    try directory.requireReplaceable(replaceable)
    isClaimed = true
  }

  /// Trains until the last step, or until `observer` returns `false`, then saves.
  ///
  /// - Parameter observer: called with every event; returns whether to go on.
  /// - Returns: the reason for the end.
  /// - Throws: ``TrainingError``, the data's errors, `FileError`; the last checkpoint stays.
  public func train(observer: (TrainingEvent) throws -> Bool) throws -> TrainingEnd {
    let metrics = try write(observer) { try openedLog() }
    let plan = trainer.configuration
    var proceeds = true
    while proceeds, trainer.state.step < plan.steps {
      let report = try trainer.step()
      let isLast = report.step == plan.steps
      var validation: ValidationLoss?
      var layers: [LayerReport] = []
      if isLast || report.step.isMultiple(of: plan.validationInterval) {
        layers = trainer.layerReports()
        validation = try trainer.validate().map(ValidationLoss.init)
        lastValidation = validation
      }
      lastStep = report
      try write(observer) {
        try metrics.append(report, validation: validation, layers: layers)
      }
      proceeds = try observer(.step(report, validation: validation))
      if let interval = plan.sampleInterval, isLast || report.step.isMultiple(of: interval) {
        proceeds = try observer(.sample(trainer.model, step: report.step)) && proceeds
      }
      if isLast || !proceeds || report.step.isMultiple(of: plan.saveInterval) {
        try trainer.checkParameters(after: report, validation: validation)
        let checkpoint = try save(metrics, observer)
        proceeds = try observer(.saved(checkpoint)) && proceeds
      }
    }
    return trainer.state.step < plan.steps ? .stopped : .finished
  }

  /// Publishes a checkpoint; each step of that is retried by itself.
  private func save(
    _ metrics: MetricsLog, _ observer: (TrainingEvent) throws -> Bool
  ) throws -> Checkpoint {
    let count = trainer.configuration.keptCheckpoints
    try write(observer) { try metrics.synchronize() }
    let checkpoint = try write(observer) { try store.publish(trainer.snapshot) }
    try write(observer) { try store.complete(checkpoint, keeping: count) }
    return checkpoint
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
        let reason = try store.spaceError(
          error, needing: Checkpoint.byteCount(of: trainer.model.layout))
        guard try observer(.diskFull(reason, failures: failures)) else { throw reason }
      }
    }
  }
}
