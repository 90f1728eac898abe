import CRATELM
import Files
import SystemPackage

extension Pretrain {
  /// The run's directory, whether or not it exists.
  var directory: RunDirectory { RunDirectory(FilePath(output)) }

  /// Does `body`, which writes to the run; while the disk is full, again and again if that is to be
  /// waited for.
  func whenThereIsRoom<Value>(
    for model: ModelConfiguration, _ limits: TrainingLimits,
    _ body: (_ isFirstTry: Bool) throws -> Value
  ) throws -> Value {
    var failures = 0
    while true {
      do {
        return try body(failures == 0)
      } catch let error as FileError where error.isFullDisk {
        failures += 1
        let reason = try CheckpointStore(directory).spaceError(error, of: model)
        guard limits.onDiskFull == .wait, !limits.areReached else { throw reason }
        SpaceShortage.wait(
          for: reason, after: failures, until: { limits.areReached }, note: report.note)
      }
    }
  }

  /// Makes the directory of a new run or settles that of an old one; after an error all of it may be
  /// done again.
  ///
  /// - Parameters:
  ///   - configuration: what the run is asked to do.
  ///   - trainer: the trainer, with its model as initialised.
  ///   - tokens: what it learns from.
  ///   - start: where an old run goes on.
  ///   - lock: that of the directory; taken where it is `nil`.
  ///   - isFirstTry: whether what is in the directory is not this command's own.
  /// - Returns: the run, with the state of its checkpoint.
  func begin(
    _ configuration: RunConfiguration, _ trainer: Trainer, on tokens: TokenData,
    from start: StartingPoint?, lock: inout DirectoryLock?, isFirstTry: Bool
  ) throws -> TrainingRun {
    try CheckpointStore(directory).requireSpace(
      for: configuration.training, of: configuration.model, after: start?.checkpoint.step ?? 0)
    WriteDeadline.set()
    defer { WriteDeadline.lift() }
    if lock == nil {
      try FileSystem.createDirectory(directory.path)
      lock = try directory.lock()
    }
    if let start {
      try noteConditions(configuration, after: start.checkpoint.step)
    } else {
      try directory.create(
        configuration, tokenizer: FileContents.read(tokens.tokenizerPath),
        replacing: overwrite ? .run : resume == nil && isFirstTry ? .nothing : .runWithoutWeights)
    }
    // A checkpoint is read now, which may take its time.
    WriteDeadline.lift()
    return try TrainingRun(
      trainer, in: directory, from: start?.checkpoint, later: overwrite ? .leave : .stay)
  }

  /// Says and records under which other conditions a run goes on.
  private func noteConditions(_ configuration: RunConfiguration, after step: Int) throws {
    let now = conditions
    let differences = now.differences(from: configuration.lastConditions)
    guard !differences.isEmpty, step < configuration.training.steps else { return }
    report.note(
      "The run goes on under other conditions: \(differences.joined(separator: "; ")).")
    var changed = configuration
    changed.resumptions =
      (configuration.resumptions ?? []) + [
        RunConfiguration.Resumption(step: step, conditions: now)
      ]
    try changed.write(to: directory)
  }
}
