import Storage
import SystemPackage

/// The checkpoints of a run: written under another name, published by renaming, pruned once newer
/// ones are safe.
///
/// Callers that change them hold the run's ``RunDirectory/lock()``.
public struct CheckpointStore: Sendable {
  let run: RunDirectory

  /// The checkpoints of `run`.
  public init(_ run: RunDirectory) {
    self.run = run
  }

  /// The run's directory.
  var path: FilePath { run.path }

  /// The published checkpoints, newest first.
  ///
  /// - Throws: `FileError` if the directory cannot be read.
  public func all() throws -> [Checkpoint] {
    try directories().filter { FileSystem.kind(of: $0.manifest) == .file }
  }

  /// The directories with names of checkpoints, newest first.
  private func directories() throws -> [Checkpoint] {
    guard FileSystem.kind(of: run.checkpoints) == .directory else { return [] }
    return try FileSystem.names(in: run.checkpoints)
      .compactMap { Checkpoint(run.checkpoints.appending($0)) }
      .sorted { $0.step > $1.step }
  }

  /// The newest checkpoint that passes its checks, and the errors of newer ones.
  ///
  /// - Throws: ``CheckpointError/nothingToResume(_:)`` if there is none.
  public func newestVerified() throws -> (checkpoint: Checkpoint, rejected: [any Error]) {
    var rejected: [any Error] = []
    for checkpoint in try all() {
      do {
        try checkpoint.verify()
        return (checkpoint, rejected)
      } catch {
        rejected.append(error)
      }
    }
    throw CheckpointError.nothingToResume(run.path)
  }

  /// Writes `snapshot` as a checkpoint and gives it its name; ``complete(_:of:)`` follows.
  ///
  /// Order: files, each made durable; the manifest; the directory; the rename. A reader finds the
  /// whole checkpoint or none, whenever the machine stops. Nothing can fail after the rename, so a
  /// retry after an error never writes a published checkpoint again.
  ///
  /// - Throws: `FileError`, `.noSpace` before anything is written; published checkpoints stay.
  func publish(_ snapshot: Snapshot, of model: Checkpoint.Description) throws -> Checkpoint {
    try requireSpace(
      for: 1,
      each: Checkpoint.byteCount(
        of: snapshot.layout, tokenizerByteCount: model.tokenizer.count))
    let checkpoint = Checkpoint(step: snapshot.position.step, in: run.checkpoints)
    try FileSystem.createDirectory(run.checkpoints)
    let stage = checkpoint.stage
    try FileSystem.remove(stage.path)
    // Only a rejected checkpoint can be there: training removed valid later ones on resuming.
    try stage.publish(makingRoom: { () throws(FileError) in try remove(checkpoint) }) {
      try FileSystem.createDirectory(stage.path)
      try Checkpoint.write(snapshot, of: model, to: stage.path)
      try FileSystem.synchronizeDirectory(stage.path)
    }
    return checkpoint
  }

  /// Makes the name of a published checkpoint durable, points the run's weights at it and prunes.
  ///
  /// It removes later checkpoints, of a course that training has left by resuming from an earlier
  /// one, and those that `plan` does not keep. After an error, call it again.
  func complete(_ checkpoint: Checkpoint, of plan: TrainingConfiguration) throws {
    try FileSystem.synchronizeDirectory(run.checkpoints)
    try FileSystem.remove(checkpoint.stage.path)
    try removeAll(after: checkpoint)
    try settle(on: checkpoint, of: plan)
    // `settle` does nothing after an attempt that failed right here.
    try FileSystem.synchronizeDirectory(run.path)
  }

  /// Removes the checkpoints of later steps than `checkpoint`, newest first.
  func removeAll(after checkpoint: Checkpoint) throws {
    for other in try all() where other.step > checkpoint.step { try remove(other) }
  }

  /// Makes the weights of `checkpoint` the run's and keeps the newest checkpoints of `plan`, besides
  /// those that it keeps for good.
  ///
  /// Extra checkpoints, saved by the clock or at a stop, go when one of the plan is safe, so that
  /// every run of a plan ends with the same checkpoints. Until then the newest of them stays, and
  /// others as long as fewer checkpoints of the plan are there than are to be kept.
  func settle(on checkpoint: Checkpoint, of plan: TrainingConfiguration) throws {
    try point(run.weights, to: checkpoint.weights)
    let past = try all().filter { $0.step < checkpoint.step }
    let isPlanned = plan.plansCheckpoint(after: checkpoint.step)
    let planned = past.filter {
      plan.plansCheckpoint(after: $0.step) && !plan.keepsCheckpoint(after: $0.step)
    }.prefix(plan.keptCheckpoints - (isPlanned ? 1 : 0))
    let extra = past.filter { !plan.plansCheckpoint(after: $0.step) }
      .prefix(isPlanned ? 0 : max(0, plan.keptCheckpoints - planned.count - 1))
    for other in past
    where !planned.contains(other) && !extra.contains(other)
      && !plan.keepsCheckpoint(after: other.step)
    {
      try remove(other)
    }
  }

  /// Removes checkpoints that killed processes left half written or half removed.
  func removeLeftovers() throws {
    guard FileSystem.kind(of: run.checkpoints) == .directory else { return }
    for name in try FileSystem.names(in: run.checkpoints)
    where Checkpoint.isStaging(name) || Stage(for: run.best).path.lastComponent?.string == name {
      try FileSystem.remove(run.checkpoints.appending(name))
    }
    for directory in try directories() {
      if try FileSystem.exists(directory.manifest) { continue }
      try FileSystem.remove(directory.path)
    }
  }

  /// Removes a checkpoint, the manifest first, so that an interrupted removal leaves no checkpoint.
  func remove(_ checkpoint: Checkpoint) throws(FileError) {
    try FileSystem.remove(checkpoint.manifest)
    try FileSystem.remove(checkpoint.path)
  }

  /// Makes `path` another name of the file at `source`, atomically and durably; copies the file if
  /// the file system has no links.
  private func point(_ path: FilePath, to source: FilePath) throws {
    if FileSystem.isSame(path, source) { return }
    let other = Stage(for: path, .link)
    try FileSystem.remove(other.path)
    if FileSystem.link(source, as: other.path) {
      try other.putInPlace()
    } else {
      try FileContents.copy(source, to: path)
    }
    try FileSystem.synchronizeDirectory(run.path)
  }
}
