import Storage

/// Training with a directory: metrics, validation and checkpoints at their intervals.
///
/// Whoever trains in a directory holds its ``RunDirectory/lock()``.
public final class TrainingRun {
  /// The trainer.
  public let trainer: Trainer
  /// The validation after the last step that had one, as far as the end of the log tells.
  public private(set) var lastValidation: ValidationLoss?
  /// The last update's report.
  public private(set) var lastStep: StepReport?
  private let directory: RunDirectory
  private let store: CheckpointStore
  /// Where training goes on, until the directory is settled on it.
  private var start: (checkpoint: Checkpoint, later: LaterCheckpoints)?
  private var metrics: MetricsLog?

  /// What becomes of checkpoints of later steps than the one from which training goes on.
  public enum LaterCheckpoints: Sendable {
    /// They stay until another checkpoint is safe: they failed their checks.
    case stay
    /// They are of a course that training leaves.
    case leave
  }

  /// Goes on from `checkpoint`, or begins where there is none; nothing is written yet.
  ///
  /// - Parameters:
  ///   - trainer: the trainer, with its model as initialised.
  ///   - directory: the run's directory.
  ///   - checkpoint: where to go on.
  ///   - later: what becomes of checkpoints of later steps.
  /// - Throws: `FileError`, ``CheckpointError``.
  public init(
    _ trainer: Trainer, in directory: RunDirectory, from checkpoint: Checkpoint?,
    later: LaterCheckpoints = .stay
  ) throws {
    self.trainer = trainer
    self.directory = directory
    store = CheckpointStore(directory)
    guard let checkpoint else { return }
    try store.restore(trainer, from: checkpoint)
    start = (checkpoint, later)
  }

  /// Settles the directory, which exists, on where training goes on and opens its log: what a killed
  /// process left half done is completed or taken back.
  ///
  /// After an error all of it may be done again; once done it is not repeated.
  ///
  /// - Throws: `FileError`, ``CheckpointError``.
  public func open() throws { _ = try openedLog() }

  private func openedLog() throws -> MetricsLog {
    if let metrics { return metrics }
    try directory.removeLeftovers()
    if let (checkpoint, later) = start {
      if later == .leave { try store.removeAll(after: checkpoint) }
      try store.settle(on: checkpoint, keeping: trainer.configuration.keptCheckpoints)
    }
    let log = try MetricsLog(directory.metrics, after: trainer.state.step)
    (lastStep, lastValidation) = (log.lastLine?.step, log.lastLine?.validation)
    (metrics, start) = (log, nil)
    return log
  }

  /// Trains until the last step, or until `observer` returns `false`, then saves.
  ///
  /// - Parameters:
  ///   - prepare: what is done first of all, and again while the disk is full: for a new run its
  ///     directory is made.
  ///   - observer: told of every event; returns whether to go on.
  /// - Returns: why it ended.
  /// - Throws: ``TrainingError``, the data's errors, `FileError`; the last checkpoint stays.
  public func run(
    preparing prepare: () throws -> Void = {}, observer: (TrainingEvent) throws -> Bool
  ) throws -> TrainingEnd {
    let metrics = try write(observer) {
      try prepare()
      return try openedLog()
    }
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

  /// Publishes a checkpoint; each part is tried again by itself.
  private func save(
    _ metrics: MetricsLog, _ observer: (TrainingEvent) throws -> Bool
  ) throws -> Checkpoint {
    let count = trainer.configuration.keptCheckpoints
    try write(observer) { try metrics.synchronize() }
    let checkpoint = try write(observer) { try store.publish(trainer) }
    try write(observer) { try store.complete(checkpoint, keeping: count) }
    return checkpoint
  }

  /// Does `body`, which writes to the run; while the disk is full, as often as the observer wants.
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
        let reason = try store.spaceError(error, of: trainer.model.configuration)
        guard try observer(.diskFull(reason, failures: failures)) else { throw reason }
      }
    }
  }
}
