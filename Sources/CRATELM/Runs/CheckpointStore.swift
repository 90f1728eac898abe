import Storage
import SystemPackage

/// The checkpoints of a run: written beside, published by renaming, pruned when newer ones are safe.
///
/// Whoever changes them holds the run's ``RunDirectory/lock()``.
public struct CheckpointStore: Sendable {
  private let run: RunDirectory

  /// The checkpoints of `run`.
  public init(_ run: RunDirectory) {
    self.run = run
  }

  /// The run's directory.
  var path: FilePath { run.path }

  /// The published checkpoints, newest first.
  ///
  /// - Throws: `FileError` where the directory cannot be read.
  public func all() throws -> [Checkpoint] {
    try directories().filter { FileSystem.kind(of: $0.manifest) == .file }
  }

  /// What has the name of a checkpoint, newest first.
  private func directories() throws -> [Checkpoint] {
    guard FileSystem.kind(of: run.checkpoints) == .directory else { return [] }
    return try FileSystem.names(in: run.checkpoints)
      .compactMap { Checkpoint(run.checkpoints.appending($0)) }
      .sorted { $0.step > $1.step }
  }

  /// The newest checkpoint that passes its checks, and the errors of those newer than it.
  ///
  /// - Throws: ``CheckpointError/nothingToResume(_:)`` where there is none.
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

  /// Writes `snapshot` as a checkpoint and gives it its name.
  ///
  /// ``complete(_:keeping:)`` does the rest.
  ///
  /// Order: files, each made durable; the manifest; the directory; the rename. A reader finds the
  /// whole checkpoint or none, whenever the machine stops. Nothing can fail after the rename, so
  /// that whoever tries again after an error does not write again what is published.
  ///
  /// - Throws: `FileError`, of which `.noSpace` before anything is written; what was published
  ///   before stays.
  func publish(_ snapshot: Snapshot) throws -> Checkpoint {
    try requireSpace(for: 1, each: Checkpoint.byteCount(of: snapshot.layout))
    let checkpoint = Checkpoint(step: snapshot.position.step, in: run.checkpoints)
    try FileSystem.createDirectory(run.checkpoints)
    let stage = checkpoint.stage
    try FileSystem.remove(stage.path)
    // Only a checkpoint that was passed over can be there: sound ones of later steps are gone.
    try stage.publish(makingRoom: { () throws(FileError) in try remove(checkpoint) }) {
      try FileSystem.createDirectory(stage.path)
      try Checkpoint.write(snapshot, to: stage.path)
      try FileSystem.synchronizeDirectory(stage.path)
    }
    return checkpoint
  }

  /// Makes the name of a published checkpoint durable, points the weights at it and prunes others.
  ///
  /// After an error all of it may be done again.
  ///
  /// What is kept are the newest `count` up to its step; later ones belong to a course that training
  /// has left by going on from an earlier checkpoint.
  func complete(_ checkpoint: Checkpoint, keeping count: Int) throws {
    try FileSystem.synchronizeDirectory(run.checkpoints)
    try FileSystem.remove(checkpoint.stage.path)
    try removeAll(after: checkpoint)
    try settle(on: checkpoint, keeping: count)
    // Again, since an earlier attempt may have failed just there.
    try FileSystem.synchronizeDirectory(run.path)
  }

  /// Removes the checkpoints of later steps than that of `checkpoint`, newest first.
  func removeAll(after checkpoint: Checkpoint) throws {
    for other in try all() where other.step > checkpoint.step { try remove(other) }
  }

  /// Makes `checkpoint` the one at which the run stands: its weights are the run's, and no more than
  /// `count` are kept up to its step.
  func settle(on checkpoint: Checkpoint, keeping count: Int) throws {
    try point(run.weights, to: checkpoint.weights)
    let past = try all().filter { $0.step <= checkpoint.step }
    for other in past.dropFirst(count) { try remove(other) }
  }

  /// Removes what killed processes left half written or half removed.
  func removeLeftovers() throws {
    guard FileSystem.kind(of: run.checkpoints) == .directory else { return }
    for name in try FileSystem.names(in: run.checkpoints) where Checkpoint.isStaging(name) {
      try FileSystem.remove(run.checkpoints.appending(name))
    }
    for directory in try directories() {
      if try FileSystem.exists(directory.manifest) { continue }
      try FileSystem.remove(directory.path)
    }
  }

  /// Removes the manifest first, so that what is left of an interrupted removal is no checkpoint.
  func remove(_ checkpoint: Checkpoint) throws(FileError) {
    try FileSystem.remove(checkpoint.manifest)
    try FileSystem.remove(checkpoint.path)
  }

  /// Makes `path` another name of the file at `source`, in one step, durably.
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
