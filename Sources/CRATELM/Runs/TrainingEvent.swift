public import Storage

/// An event of training.
public enum TrainingEvent {
  /// `done` microbatches of an update are done, from 0 on; an observer that stops now leaves the
  /// parameters of the update before.
  case microbatch(done: Int, of: Int, step: Int)
  /// The validation after an update begins.
  case validating(step: Int)
  /// An update was done, perhaps followed by a validation.
  case step(StepReport, validation: ValidationLoss?)
  /// A write to the run's directory begins; the next event comes after it. A caller may bound the
  /// time until then.
  case writing
  /// The disk is too full for a write that has failed `failures` times; `true` retries it.
  case diskFull(FileError, failures: Int)
  /// A checkpoint was published.
  case saved(Checkpoint)
  /// The model after an update shows what it can do.
  case sampling(step: Int)
  /// A sample of what the model can do after an update.
  case sample(String, step: Int)
}

/// The reason for the end of training.
public enum TrainingEnd: Sendable {
  /// All steps are done, or the validation loss did not fall for as long as the plan allows.
  case finished
  /// The observer stopped training; a checkpoint holds the state, unless no update was done.
  case stopped
}
