import Files
import Glibc
import SystemPackage

/// The checkpoints of a run: written beside, published by renaming, pruned when newer ones are safe.
public struct CheckpointStore: Sendable {
  private let run: RunDirectory

  /// The checkpoints of `run`.
  public init(_ run: RunDirectory) {
    self.run = run
  }

  /// The published checkpoints, newest first.
  ///
  /// - Throws: `FileError` where the directory cannot be read.
  public func all() throws -> [Checkpoint] {
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

  /// Publishes the state of `trainer`, points the run's weights at it and prunes other checkpoints.
  ///
  /// What is kept are the newest ones up to this step; later ones belong to a course that training
  /// has left by going on from an earlier checkpoint.
  ///
  /// Order: files, each made durable; the manifest; the directory; the rename; its parent. A
  /// reader finds the whole checkpoint or none, whenever the machine stops.
  ///
  /// - Throws: `FileError`; what was published before stays.
  func publish(_ trainer: Trainer) throws -> Checkpoint {
    let checkpoint = Checkpoint(step: trainer.state.step, in: run.checkpoints)
    let staging = run.checkpoints.appending(".\(checkpoint.path.lastComponent?.string ?? "").tmp")
    try FileSystem.remove(staging)
    try FileSystem.createDirectory(staging)
    do {
      try write(trainer, step: checkpoint.step, to: staging)
      try FileSystem.synchronizeDirectory(staging)
      if FileSystem.kind(of: checkpoint.path) != nil { try remove(checkpoint) }
      try FileSystem.rename(staging, to: checkpoint.path)
      try FileSystem.synchronizeDirectory(run.checkpoints)
    } catch {
      try? FileSystem.remove(staging)
      throw error
    }
    try link(checkpoint.weights, to: run.weights)
    let published = try all()
    let kept = published.filter { $0.step <= checkpoint.step }
      .prefix(trainer.configuration.keptCheckpoints)
    for other in published where !kept.contains(other) { try remove(other) }
    return checkpoint
  }

  /// Fills `trainer` with the weights, the moments and the position of `checkpoint`.
  ///
  /// - Throws: `FileError` or ``CheckpointError`` where it is not whole or not of this model.
  func restore(_ trainer: Trainer, from checkpoint: Checkpoint) throws {
    try checkpoint.verify()
    let layout = trainer.model.layout
    try Weights.read(
      [("", trainer.model.parameters.values)], layout: layout, from: checkpoint.weights)
    try Weights.read(
      trainer.optimizer.moments, layout: layout,
      from: checkpoint.path.appending(Checkpoint.Part.optimizer.rawValue))
    let state = try checkpoint.state()
    guard state.step == checkpoint.step, state.isPossible else {
      throw CheckpointError.foreign(
        checkpoint.path.appending(Checkpoint.Part.state.rawValue),
        reason: "it is of step \(state.step) and \(state.tokens) tokens, the directory of step "
          + "\(checkpoint.step)")
    }
    trainer.state = state
    trainer.model.fold()
  }

  private func write(_ trainer: Trainer, step: Int, to directory: FilePath) throws {
    let layout = trainer.model.layout
    var manifest = Checkpoint.Manifest(step: step, files: [:])
    manifest.files[Checkpoint.Part.weights.rawValue] = try Weights.write(
      [("", trainer.model.parameters.values)], layout: layout,
      to: directory.appending(Checkpoint.Part.weights.rawValue), metadata: [("format", "pt")])
    manifest.files[Checkpoint.Part.optimizer.rawValue] = try Weights.write(
      trainer.optimizer.moments, layout: layout,
      to: directory.appending(Checkpoint.Part.optimizer.rawValue), metadata: [])
    let state = directory.appending(Checkpoint.Part.state.rawValue)
    try FileContents.write(JSONFile.encode(trainer.state), to: state)
    manifest.files[Checkpoint.Part.state.rawValue] = try FileSummary.read(state)
    try FileContents.write(
      JSONFile.encode(manifest), to: directory.appending("manifest.json"))
  }

  /// Removes the manifest first, so that what is left of an interrupted removal is no checkpoint.
  private func remove(_ checkpoint: Checkpoint) throws(FileError) {
    try FileSystem.remove(checkpoint.manifest)
    try FileSystem.remove(checkpoint.path)
  }

  /// Makes `target` another name of the file at `source`, in one step.
  private func link(_ source: FilePath, to target: FilePath) throws {
    let temporary = run.path.appending(".\(target.lastComponent?.string ?? "").tmp")
    try FileSystem.remove(temporary)
    let status = unsafe source.withPlatformString { source in
      unsafe temporary.withPlatformString { target in unsafe Glibc.link(source, target) }
    }
    if status == 0 {
      try FileSystem.rename(temporary, to: target)
    } else {
      try FileContents.write(FileContents.read(source), to: target)
    }
  }
}

extension AdamW {
  /// Both moments with the prefixes of their tensors' names.
  var moments: [(prefix: String, buffer: Buffer)] {
    [("first_moment.", firstMoment), ("second_moment.", secondMoment)]
  }
}
