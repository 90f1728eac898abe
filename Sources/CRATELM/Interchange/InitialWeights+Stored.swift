import Storage
public import SystemPackage

extension InitialWeights {
  /// Reads the weights of the model at a path.
  ///
  /// - Parameters:
  ///   - path: a run, a checkpoint, an imported or an exported directory.
  ///   - threads: the number of threads.
  /// - Throws: `FileError`, ``CheckpointError``, ``OutOfMemory``.
  public init(at path: FilePath, threads: Int) throws {
    try self.init(StoredModel(at: path), threads: threads)
  }

  /// Reads the weights of `stored`.
  ///
  /// - Throws: `FileError`, ``CheckpointError``, ``OutOfMemory``.
  package init(_ stored: StoredModel, threads: Int) throws {
    let (model, fingerprint) = try stored.identified {
      try stored.load(threads: threads, folding: false)
    }
    self.init(
      model, origin: Origin(path: stored.path.string, fingerprint: fingerprint),
      tokenizer: try stored.tokenizer ?? Fingerprint(of: stored.tokenizerFile()),
      textBounds: stored.textBounds,
      hasBoundedDictionaries: stored.training?.configuration.boundsDictionaries ?? false)
  }

  /// Refuses other weights than those that the run at `directory` began with, `recorded`.
  ///
  /// - Throws: ``ConfigurationError`` with both fingerprints.
  public func require(_ recorded: Origin, of directory: FilePath) throws(ConfigurationError) {
    guard origin.fingerprint != recorded.fingerprint else { return }
    throw ConfigurationError(
      """
      The weights at \(origin.path) have the fingerprint \(origin.fingerprint), those that the run \
      of \(directory) began with \(recorded.fingerprint); give their place with --from, or begin \
      another run with -o.
      """)
  }
}

extension ResumePoint {
  /// The weights with which the run begins anew; `nil` if they were drawn or there is a checkpoint.
  ///
  /// - Throws: as ``InitialWeights/init(at:threads:)``; ``ConfigurationError`` if they changed.
  public func initialWeights(threads: Int) throws -> InitialWeights? {
    guard checkpoint == nil, let origin = training.from else { return nil }
    let weights = try InitialWeights(at: FilePath(origin.path), threads: threads)
    try weights.require(origin, of: directory.path)
    return weights
  }
}

extension Run {
  /// Resumes the run in `directory` from the newest checkpoint that passes its checks, or from its
  /// beginning if nothing was saved yet.
  ///
  /// - Returns: `nil` if there is no run, or one that has weights but no checkpoint.
  /// - Throws: as ``RunDirectory/resumePoint(_:)``, ``ResumePoint/initialWeights(threads:)`` and
  ///   ``resume(from:with:on:vocabulary:conditions:holding:)``.
  public static func resume(
    _ directory: RunDirectory, on data: some TrainingData, vocabulary: MaskingVocabulary? = nil,
    conditions: Conditions
  ) throws -> Run? {
    let lock = try directory.lock()
    guard let point = try directory.resumePoint() else { return nil }
    return try resume(
      from: point, with: point.initialWeights(threads: conditions.threads), on: data,
      vocabulary: vocabulary, conditions: conditions, holding: lock)
  }
}
