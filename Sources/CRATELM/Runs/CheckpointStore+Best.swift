import Storage
import SystemPackage

/// The checkpoint with the lowest validation loss, under a name of its own.
extension CheckpointStore {
  /// Gives `checkpoint` the name ``RunDirectory/best`` too: its files have two names each, or copies
  /// if the file system has no links.
  ///
  /// The old one stays until the new one is complete. After an error, call it again.
  package func keepBest(_ checkpoint: Checkpoint) throws {
    let stage = Stage(for: run.best)
    // A call that failed after the exchange of names has only its end to do.
    if Checkpoint.step(at: run.best) != checkpoint.step {
      try FileSystem.remove(stage.path)
      try stage.publish(makingRoom: { () throws(FileError) in try FileSystem.remove(run.best) }) {
        try FileSystem.createDirectory(stage.path)
        for name in try FileSystem.names(in: checkpoint.path) {
          let (source, copy) = (checkpoint.path.appending(name), stage.path.appending(name))
          if !FileSystem.link(source, as: copy) { try FileContents.copy(source, to: copy) }
        }
        try FileSystem.synchronizeDirectory(stage.path)
      }
    }
    try FileSystem.synchronizeDirectory(run.checkpoints)
    // After a swap of names the old one is there.
    try FileSystem.remove(stage.path)
  }

  /// Makes ``RunDirectory/best`` that of `state`, whose checkpoints are the newest.
  ///
  /// A run that goes on from an earlier checkpoint leaves a later best one behind. It takes back the
  /// best before if that checkpoint is still there; otherwise the search begins anew.
  ///
  /// - Returns: the best validation of `state`, if its checkpoint exists.
  func settleBest(of state: TrainingState) throws -> BestValidation? {
    let found = Checkpoint.step(at: run.best)
    guard let best = state.best else {
      if found != nil { try FileSystem.remove(run.best) }
      return nil
    }
    if found == best.step { return best }
    guard let checkpoint = try all().first(where: { $0.step == best.step }) else {
      if found != nil { try FileSystem.remove(run.best) }
      return nil
    }
    try keepBest(checkpoint)
    return best
  }
}

extension Checkpoint {
  /// The validation after the checkpoint's own step, if its loss is the lowest of the run up to
  /// there; else `nil`.
  ///
  /// - Throws: as ``state()``.
  func ownBest() throws -> BestValidation? {
    let state = try state()
    return state.best.flatMap { $0.step == state.step ? $0 : nil }
  }

  /// The step of the checkpoint at `path`; `nil` if there is none that can be read.
  fileprivate static func step(at path: FilePath) -> Int? {
    guard isOne(path) else { return nil }
    return try? Checkpoint(opening: path).step
  }
}
