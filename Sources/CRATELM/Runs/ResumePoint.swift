import Storage
public import SystemPackage

/// The place to resume a run from: a checkpoint, every bit of it verified, or its beginning.
public struct ResumePoint: Sendable {
  /// The run.
  public let directory: RunDirectory
  /// The content of its `config.json`.
  public let record: RunRecord
  /// The plan and conditions of training, a part of the record.
  public let training: TrainingRecord
  /// The checkpoint; `nil` for a run without one, which begins anew with its own settings.
  public let checkpoint: Checkpoint?
  /// The errors of newer checkpoints, which were rejected.
  public let rejected: [any Error]
  /// Whether the user chose the checkpoint, so that later valid ones are removed.
  let leavesCourse: Bool
  /// The newest checkpoint, if the run goes on from before its learning rate fell: it is kept under
  /// another name, as are the log so far and a later best checkpoint.
  public let leftBehind: Checkpoint?

  init(
    directory: RunDirectory, record: RunRecord, training: TrainingRecord, checkpoint: Checkpoint?,
    rejected: [any Error] = [], leavesCourse: Bool = false, leftBehind: Checkpoint? = nil
  ) {
    (self.directory, self.record, self.training) = (directory, record, training)
    (self.checkpoint, self.rejected) = (checkpoint, rejected)
    (self.leavesCourse, self.leftBehind) = (leavesCourse, leftBehind)
  }

  /// The choice of a checkpoint to resume from.
  public enum Choice: Sendable {
    /// The newest checkpoint that passes its checks.
    case newest
    /// The checkpoint at the path, which must pass its checks; later ones must be removable.
    case checkpoint(FilePath, removingLater: Bool)
  }

  /// Refuses other data than the run began with, or other weights.
  ///
  /// - Throws: ``DataError/foreignTokenizer(_:expected:found:)``, ``ConfigurationError``.
  public func require(_ mixture: Mixture) throws {
    guard record.tokenizer == mixture.tokenizer else {
      throw DataError.foreignTokenizer(
        mixture.sources[0].data.directory, expected: record.tokenizer, found: mixture.tokenizer)
    }
    let (before, now) = (training.data, try mixture.sources.map { try DataRecord($0) })
    let areAlike = before.count == now.count && before.map(\.weight) == now.map(\.weight)
    let changed = zip(before, now).first { $0.dataFingerprint != $1.dataFingerprint }
    if areAlike, changed == nil { return }
    let options = now.flatMap { ["--data", "\($0)"] }
    let fingerprints = Set(before.map(\.dataFingerprint))
    guard areAlike, let changed, fingerprints != Set(now.map(\.dataFingerprint)) else {
      func list(_ data: [DataRecord]) -> String {
        data.map { "--data \($0)" }.joined(separator: " ")
      }
      throw ConfigurationError(
        """
        The run at \(directory.path) began with \(list(before)), not \(list(now)); leave --data \
        out, or \(directory.offspringRemedy(options)).
        """)
    }
    throw ConfigurationError(
      """
      The data at \(changed.1.data) have the fingerprint \(changed.1.dataFingerprint), those that \
      the run at \(directory.path) began with \(changed.0.dataFingerprint); give those, or \
      \(directory.offspringRemedy(options)).
      """)
  }

  /// The differences between `conditions` and the last conditions of training; none if no step is
  /// left.
  public func differences(under conditions: Conditions) -> [String] {
    guard let checkpoint, checkpoint.step < training.configuration.steps else { return [] }
    return conditions.differences(from: training.lastConditions)
  }

  /// The record of the run resumed under `conditions`.
  func record(under conditions: Conditions) -> RunRecord {
    var changed = training
    if let checkpoint {
      if !differences(under: conditions).isEmpty {
        changed.resumptions =
          (training.resumptions ?? [])
          + [TrainingRecord.Resumption(step: checkpoint.step, conditions: conditions)]
      }
    } else {
      (changed.conditions, changed.resumptions) = (conditions, nil)
    }
    var record = record
    record.training = changed
    return record
  }
}

extension RunDirectory {
  /// Finds the checkpoint to resume from; a caller that will resume holds the ``lock()``.
  ///
  /// - Returns: `nil` for the choice of the newest checkpoint if there is no run, or one that has
  ///   weights but no checkpoint.
  /// - Throws: `FileError`; ``CheckpointError`` if no checkpoint, or not the chosen one, passes its
  ///   checks; ``ConfigurationError`` for a checkpoint of another run or an impossible record.
  public func resumePoint(_ choice: ResumePoint.Choice = .newest) throws -> ResumePoint? {
    let all = try CheckpointStore(self).all()
    if case .newest = choice, all.isEmpty { return try beginning() }
    guard try FileSystem.exists(configuration) else {
      throw ConfigurationError(
        "\(path) is no run yet, so that no checkpoint continues it; a checkpoint continues the run "
          + "that it lies in.")
    }
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
        rejected: rejected)
    case .checkpoint(let path, let removesLater):
      let checkpoint = try checkpoint(at: path, among: all, removingLater: removesLater)
      try checkpoint.verify()
      return ResumePoint(
        directory: self, record: record, training: training, checkpoint: checkpoint,
        leavesCourse: true)
    }
  }

  /// The beginning of a run of which nothing was saved; `nil` where there is none.
  private func beginning() throws -> ResumePoint? {
    guard try FileSystem.exists(configuration), try !hasWeights else { return nil }
    let record: RunRecord
    do {
      record = try RunRecord.read(from: self)
    } catch CheckpointError.foreign {
      return nil
    }
    guard let training = record.training else { return nil }
    try training.configuration.validate()
    return ResumePoint(directory: self, record: record, training: training, checkpoint: nil)
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
