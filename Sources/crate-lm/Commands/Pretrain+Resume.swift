public import ArgumentParser
public import CRATELM
import SystemPackage

extension Pretrain {
  /// The point to continue from; `nil` for a new run.
  func resumePoint() throws -> ResumePoint? {
    guard var choice = resume else { return nil }
    if case .checkpoint(let path, _) = choice {
      choice = .checkpoint(path, removingLater: overwrite)
    }
    let point = try directory.resumePoint(choice)
    for error in point?.rejected ?? [] { report.note("Passed over: \(error)") }
    return point
  }

  /// The options, completed by those stored in the run to continue, which they must not change.
  func resolveConfiguration(
    _ tokens: TokenData, continuing point: ResumePoint?
  ) throws -> (model: ModelConfiguration, training: TrainingConfiguration) {
    try point?.require(tokens)
    let (record, stored) = (point?.record, point?.training.configuration)
    let objective = objective ?? record?.model.objective ?? .causal
    let shape = try model.configuration(
      objective: objective, vocabularySize: tokens.manifest.vocabularySize, stored: record?.model)
    let plan = try training.configuration(
      for: shape, trainingTokens: tokens.train.tokenCount,
      masking: masking.configuration(for: objective, stored: stored?.masking), stored: stored)
    if let record, let stored { try requireSame(shape, plan, as: record.model, stored) }
    return (shape, plan)
  }

  private func requireSame(
    _ shape: ModelConfiguration, _ plan: TrainingConfiguration,
    as storedShape: ModelConfiguration, _ stored: TrainingConfiguration
  ) throws(ConfigurationError) {
    guard stored.steps == plan.steps else {
      throw ConfigurationError(
        """
        The run at \(output) was planned for \(stored.steps) steps, over which its learning rate \
        falls, and not for \(plan.steps); leave the number out, or start another run with -o.
        """)
    }
    guard storedShape == shape, stored == plan else {
      throw ConfigurationError(
        """
        The options differ from those of the run at \(output), which --resume continues; leave \
        them out, or start another run with -o.
        """)
    }
  }
}

extension ResumePoint.Choice: ExpressibleByArgument {
  /// `auto`, or the path of a checkpoint.
  public init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    self =
      argument == "auto" ? .newest : .checkpoint(FilePath(argument), removingLater: false)
  }
}
