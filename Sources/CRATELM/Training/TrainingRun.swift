/// What happened during training.
public enum TrainingEvent {
  /// An update was done; with the validation after it, where there was one.
  case step(StepReport, validation: EvaluationReport?)
  /// A checkpoint was published.
  case saved(Checkpoint)
  /// It is time to show what the model writes.
  case sample(LanguageModel, step: Int)
}

/// Why training ended.
public enum TrainingEnd: Sendable {
  /// All steps are done.
  case finished
  /// The observer asked to stop; a checkpoint holds the state.
  case stopped
}

/// Training with a directory: metrics, validation and checkpoints at their intervals.
public final class TrainingRun {
  /// The trainer.
  public let trainer: Trainer
  /// The validation after the last step that had one.
  public private(set) var lastValidation: EvaluationReport?
  /// The last update's report.
  public private(set) var lastStep: StepReport?
  private let store: CheckpointStore
  private let metrics: MetricsLog

  /// Goes on from `checkpoint`, or begins where there is none.
  ///
  /// - Parameters:
  ///   - trainer: the trainer, with its model as initialised.
  ///   - directory: the run's directory, which exists.
  ///   - checkpoint: where to go on.
  /// - Throws: `FileError`, ``CheckpointError``.
  public init(_ trainer: Trainer, in directory: RunDirectory, from checkpoint: Checkpoint?) throws {
    self.trainer = trainer
    store = CheckpointStore(directory)
    if let checkpoint { try store.restore(trainer, from: checkpoint) }
    metrics = try MetricsLog(directory.metrics, after: trainer.state.step)
  }

  /// Trains until the last step, or until `observer` returns `false`, then saves.
  ///
  /// - Parameter observer: told of every event; returns whether to go on.
  /// - Returns: why it ended.
  /// - Throws: ``TrainingError``, the data's errors, `FileError`; the last checkpoint stays.
  public func run(observer: (TrainingEvent) throws -> Bool) throws -> TrainingEnd {
    let plan = trainer.configuration
    var proceeds = true
    while proceeds, trainer.state.step < plan.steps {
      let report = try trainer.step()
      let isLast = report.step == plan.steps
      var validation: EvaluationReport?
      var layers: [LayerReport] = []
      if isLast || report.step.isMultiple(of: plan.validationInterval) {
        layers = trainer.layerReports()
        validation = try trainer.validate()
        lastValidation = validation
      }
      lastStep = report
      try metrics.append(report, validation: validation, layers: layers)
      proceeds = try observer(.step(report, validation: validation))
      if let interval = plan.sampleInterval, isLast || report.step.isMultiple(of: interval) {
        proceeds = try observer(.sample(trainer.model, step: report.step)) && proceeds
      }
      if isLast || !proceeds || report.step.isMultiple(of: plan.saveInterval) {
        try trainer.checkParameters(after: report, validation: validation)
        proceeds = try observer(.saved(store.publish(trainer))) && proceeds
      }
    }
    return trainer.state.step < plan.steps ? .stopped : .finished
  }
}
