public import Storage

/// What happened during training.
public enum TrainingEvent {
  /// An update was done; with the validation after it, where there was one.
  case step(StepReport, validation: ValidationLoss?)
  /// The run's directory is about to be written; the next event comes when that is over. A caller
  /// may bound the time until then.
  case writing
  /// The disk is too full for what is to be written, as it was at every try before; whether to go
  /// on means to try once more.
  case diskFull(FileError, failures: Int)
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
