import Files
public import SystemPackage

/// Where the parts of a run lie.
public struct RunDirectory: Hashable, Sendable {
  /// The run's own directory.
  public let path: FilePath

  /// The run at `path`, whether or not it exists.
  public init(_ path: FilePath) {
    self.path = path
  }

  /// What the run was asked to do and under which conditions.
  public var configuration: FilePath { path.appending("config.json") }
  /// The tokenizer of the run's data.
  public var tokenizer: FilePath { path.appending("tokenizer.json") }
  /// The latest weights.
  public var weights: FilePath { path.appending("model.safetensors") }
  /// One line of JSON for every step.
  public var metrics: FilePath { path.appending("metrics.jsonl") }
  /// The checkpoints, by step.
  public var checkpoints: FilePath { path.appending("checkpoints") }

  /// Makes the directory of a new run.
  ///
  /// - Parameter overwriting: whether a run that is there already is removed first; anything
  ///   else that is there is never removed.
  /// - Throws: `FileError`; ``CheckpointError/foreign(_:reason:)`` where `overwriting` met
  ///   something that is not a run.
  public func create(overwriting: Bool) throws {
    if FileSystem.kind(of: path) == .directory, try !FileSystem.names(in: path).isEmpty {
      guard overwriting else {
        throw FileError.notEmpty(
          path, remedy: "continue it with --resume auto or replace it with --overwrite")
      }
      guard FileSystem.kind(of: configuration) == .file else {
        throw CheckpointError.foreign(
          path, reason: "it holds no config.json and so is not a run that --overwrite may replace")
      }
      for part in [checkpoints, weights, metrics, configuration, tokenizer] {
        try FileSystem.remove(part)
      }
    }
    try FileSystem.createDirectory(checkpoints)
  }
}
