import Files
public import SystemPackage

/// A model as it lies on disk: a run or one of its checkpoints.
public struct StoredModel: Sendable {
  /// The run it belongs to.
  public let run: RunDirectory
  /// The file of its weights.
  public let weights: FilePath
  /// What the run was asked to do.
  public let configuration: RunConfiguration

  /// The model at `path`.
  ///
  /// - Parameter givenPath: a run, or a checkpoint within it.
  /// - Throws: `FileError`, ``CheckpointError``, ``ConfigurationError``.
  public init(at givenPath: FilePath) throws {
    let path = try FileSystem.canonical(givenPath)
    guard FileSystem.kind(of: path) == .directory else {
      throw FileError.wrongKind(path, expected: "a run or checkpoint directory")
    }
    if let checkpoint = Checkpoint(path), FileSystem.kind(of: checkpoint.manifest) == .file {
      try checkpoint.verify()
      run = RunDirectory(path.removingLastComponent().removingLastComponent())
      weights = checkpoint.weights
    } else {
      run = RunDirectory(path)
      weights = run.weights
    }
    guard FileSystem.kind(of: run.configuration) == .file else {
      throw CheckpointError.foreign(path, reason: "it holds no config.json and is not a run")
    }
    configuration = try RunConfiguration.read(from: run)
    guard FileSystem.kind(of: weights) == .file else {
      throw CheckpointError.foreign(
        path, reason: "it holds no weights yet; train at least until the first checkpoint")
    }
  }

  /// Reads the weights.
  ///
  /// - Throws: `FileError`, ``CheckpointError``, ``OutOfMemory``.
  public func load() throws -> LanguageModel {
    let model = try LanguageModel(zeros: configuration.model)
    try Weights.read([("", model.parameters.values)], layout: model.layout, from: weights)
    model.fold()
    return model
  }
}
