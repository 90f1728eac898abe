import Storage
public import SystemPackage

/// The checkpoint from which a run goes on, whose every bit was verified.
public struct ResumePoint: Sendable {
  /// The run.
  public let directory: RunDirectory
  /// What its `config.json` says.
  public let record: RunRecord
  /// How it is trained, which is a part of the record.
  public let training: TrainingRecord
  /// The checkpoint.
  public let checkpoint: Checkpoint
  /// The faults of newer checkpoints, which were passed over.
  public let rejected: [any Error]
  /// Whether the run leaves the course of later checkpoints, which were not passed over.
  let leavesCourse: Bool

  /// The checkpoint to go on from.
  public enum Choice: Sendable {
    /// The newest that passes its checks.
    case newest
    /// The one at the path, which must pass its checks; later ones are removed if that is allowed.
    case checkpoint(FilePath, removingLater: Bool)
  }

  /// Refuses other data than the run began with.
  ///
  /// - Throws: ``DataError/foreignTokenizer(_:expected:found:)``, ``ConfigurationError``.
  public func require(_ data: TokenData) throws {
    guard record.tokenizer == data.manifest.tokenizer else {
      throw DataError.foreignTokenizer(
        data.directory, expected: record.tokenizer, found: data.manifest.tokenizer)
    }
    let found = try data.fingerprint()
    guard training.dataFingerprint == found else {
      throw ConfigurationError(
        """
        The data at \(data.directory) have the fingerprint \(found), those that the run \
        at \(directory.path) began with \(training.dataFingerprint); give those, or start another \
        run with -o.
        """)
    }
  }

  /// The differences of `conditions` from those of the last stretch of training; none if no step is
  /// left.
  public func differences(under conditions: Conditions) -> [String] {
    guard checkpoint.step < training.configuration.steps else { return [] }
    return conditions.differences(from: training.lastConditions)
  }

  /// The record of the run when it goes on under `conditions`.
  func record(under conditions: Conditions) -> RunRecord {
    guard !differences(under: conditions).isEmpty else { return record }
    var changed = training
    changed.resumptions =
      (training.resumptions ?? [])
      + [TrainingRecord.Resumption(step: checkpoint.step, conditions: conditions)]
    var record = record
    record.training = changed
    return record
  }
}

extension RunDirectory {
  /// Finds where the run goes on; whoever will go on holds the ``lock()``.
  ///
  /// - Returns: `nil` if the newest checkpoint is asked for and there is none.
  /// - Throws: `FileError`; ``CheckpointError`` if no checkpoint, or not the one asked for, passes
  ///   its checks; ``ConfigurationError`` for a checkpoint of another run or a record that is not
  ///   possible.
  public func resumePoint(_ choice: ResumePoint.Choice = .newest) throws -> ResumePoint? {
    let all = try CheckpointStore(self).all()
    if case .newest = choice, all.isEmpty { return nil }
    let record = try RunRecord.read(from: self)
    guard let training = record.training else {
      throw CheckpointError.foreign(configuration, reason: "it says nothing of training")
    }
    try training.configuration.validate()
    switch choice {
    case .newest:
      let (checkpoint, rejected) = try CheckpointStore(self).newestVerified()
      return ResumePoint(
        directory: self, record: record, training: training, checkpoint: checkpoint,
        rejected: rejected, leavesCourse: false)
    case .checkpoint(let path, let removesLater):
      let checkpoint = try checkpoint(at: path, among: all, removingLater: removesLater)
      try checkpoint.verify()
      return ResumePoint(
        directory: self, record: record, training: training, checkpoint: checkpoint, rejected: [],
        leavesCourse: true)
    }
  }

  private func checkpoint(
    at path: FilePath, among all: [Checkpoint], removingLater: Bool
  ) throws -> Checkpoint {
    let canonical = try FileSystem.canonical(path)
    guard let checkpoint = try all.first(where: { try FileSystem.canonical($0.path) == canonical })
    else {
      throw ConfigurationError(
        "\(path) is no checkpoint of \(self.path); expected one of its directories "
          + "checkpoints/step-….")
    }
    if let newest = all.first, newest.step > checkpoint.step, !removingLater {
      throw FileError.notEmpty(
        newest.path,
        remedy: "going on from step \(checkpoint.step) replaces what came after it; "
          + "give --overwrite to do so")
    }
    return checkpoint
  }
}
