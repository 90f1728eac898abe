import CRATELM
import Storage
import SystemPackage

extension Pretrain {
  /// What a run was asked to do, and where it goes on.
  struct StartingPoint {
    let configuration: RunConfiguration
    let checkpoint: Checkpoint
  }

  /// Where to continue; `nil` for a new run.
  func startingPoint() throws -> StartingPoint? {
    guard let resume else { return nil }
    let all = try CheckpointStore(directory).all()
    guard case .checkpoint(let path) = resume else {
      if all.isEmpty { return nil }
      let configuration = try RunConfiguration.read(from: directory)
      let (checkpoint, rejected) = try CheckpointStore(directory).newestVerified()
      for error in rejected { report.note("Passed over: \(error)") }
      return StartingPoint(configuration: configuration, checkpoint: checkpoint)
    }
    let configuration = try RunConfiguration.read(from: directory)
    let canonical = try FileSystem.canonical(path)
    guard let checkpoint = try all.first(where: { try FileSystem.canonical($0.path) == canonical })
    else {
      throw ConfigurationError(
        "\(path) is no checkpoint of \(output); expected one of its directories checkpoints/step-…."
      )
    }
    if let newest = all.first, newest.step > checkpoint.step, !overwrite {
      throw FileError.notEmpty(
        newest.path,
        remedy: "going on from step \(checkpoint.step) replaces what came after it; "
          + "give --overwrite to do so")
    }
    return StartingPoint(configuration: configuration, checkpoint: checkpoint)
  }

  /// The options together with what a run to be continued has stored, which they must not change.
  func resolveConfiguration(
    _ tokens: TokenData, continuing stored: RunConfiguration?
  ) throws -> RunConfiguration {
    if let stored, stored.tokenizer != tokens.manifest.tokenizer {
      throw DataError.foreignTokenizer(
        tokens.directory, expected: stored.tokenizer, found: tokens.manifest.tokenizer)
    }
    let objective = objective ?? stored?.model.objective ?? .causal
    let shape = try model.configuration(
      objective: objective, vocabularySize: tokens.manifest.vocabularySize, stored: stored?.model)
    let plan = try training.configuration(
      for: shape, trainingTokens: tokens.train.tokenCount,
      masking: masking.configuration(for: objective, stored: stored?.training.masking),
      stored: stored?.training)
    guard let stored else {
      return RunConfiguration(
        model: shape, training: plan, tokenizer: tokens.manifest.tokenizer, data: data,
        dataFingerprint: tokens.fingerprint,
        conditions: conditions)
    }
    try requireSame(shape, plan, tokens, as: stored)
    return stored
  }

  private func requireSame(
    _ shape: ModelConfiguration, _ plan: TrainingConfiguration, _ tokens: TokenData,
    as stored: RunConfiguration
  ) throws(ConfigurationError) {
    guard stored.dataFingerprint == tokens.fingerprint else {
      throw ConfigurationError(
        """
        The data at \(data) have the fingerprint \(tokens.fingerprint), those that the run at \
        \(output) began with \(stored.dataFingerprint); give those, or start another run with -o.
        """)
    }
    guard stored.training.steps == plan.steps else {
      throw ConfigurationError(
        """
        The run at \(output) was planned for \(stored.training.steps) steps, over which its \
        learning rate falls, and not for \(plan.steps); leave the number out, or start another run \
        with -o.
        """)
    }
    guard stored.model == shape, stored.training == plan else {
      throw ConfigurationError(
        """
        The options differ from those of the run at \(output), which --resume continues; leave \
        them out, or start another run with -o.
        """)
    }
  }
}
