import ArgumentParser
public import CRATELM
import Storage
import SystemPackage

extension Pretrain {
  /// The point to continue from; `nil` for a new run.
  func resumePoint() throws -> ResumePoint? {
    guard var choice = resume else { return nil }
    if case .checkpoint(let path, _) = choice {
      guard FileSystem.kind(of: path) != nil else {
        throw FileError.missing(
          path,
          remedy: "--resume takes auto, or the path of a checkpoint such as "
            + "\(directory.checkpoints)/step-00000100")
      }
      choice = .checkpoint(path, removingLater: overwrite)
    }
    let point = try directory.resumePoint(choice)
    for error in point?.rejected ?? [] { report.note("Passed over: \(error)") }
    if let point, point.checkpoint == nil {
      report.note(
        "Nothing was saved yet of the run at \(output): it begins anew with its own settings.")
    }
    return point
  }

  /// The texts of the run to continue, or else of the run that `--config` repeats.
  ///
  /// - Throws: `ValidationError` if there is neither; `FileError`, `DataError`.
  func recordedData(of point: ResumePoint?) throws -> Mixture {
    let record = try point?.record ?? usual.config.flatMap(ConfigurationFile.run)
    guard let data = record?.training?.data else {
      let start = resume == nil ? "" : "There is no checkpoint at \(output) to go on from, and "
      throw ValidationError(
        start + "--data is missing: name the data directory, which 'crate-lm data pack' makes.")
    }
    do {
      return try Mixture(data)
    } catch let error as FileError {
      report.note(
        """
        The run learns from \(data.map(\.data).joined(separator: ", ")); where that lies elsewhere \
        now, give --data with its place.
        """)
      throw error
    }
  }

  /// The options, completed by those of the run that `--config` repeats, or else by those stored in
  /// the run to continue, which they must not change.
  func resolveConfiguration(
    _ mixture: Mixture, continuing point: ResumePoint?, with weights: InitialWeights?
  ) throws -> (model: ModelConfiguration, training: TrainingConfiguration) {
    try point?.require(mixture)
    try weights?.require(mixture)
    let source = weights?.model.configuration
    let record = try usual.config.flatMap(ConfigurationFile.run) ?? point?.record
    let stored = record?.training?.configuration
    let objective = usual.objective ?? record?.model.objective ?? source?.objective ?? .causal
    let shape = try model.configuration(
      usual.preset.preset, objective: objective,
      // That of a model may be padded.
      vocabularySize: source?.vocabularySize ?? point?.record.model.vocabularySize
        ?? mixture.vocabularySize,
      stored: record?.model ?? source)
    try weights?.require(shape)
    if let point { try requireUndone(usual.length, of: shape, mixture, point) }
    var plan = try training.configuration(
      for: shape, length: usual.length, trainingTokens: mixture.tokenCount(of: .train),
      optimization: optimization,
      masking: masking.configuration(for: objective, stored: stored?.masking), stored: stored,
      isContinued: point != nil)
    guard let point else {
      guard !usual.decayNow else {
        throw ValidationError(
          "--decay-now ends a run that is being trained, and there is none at \(output); leave it "
            + "out to begin one.")
      }
      if let weights { plan = try leavingDictionaries(plan, shape, of: weights) }
      return (shape, plan)
    }
    try requireSame(shape, plan, as: point)
    return (shape, usual.decayNow ? try decaying(plan, from: point) : plan)
  }

  /// Refuses a length that the run at `point` has passed, before what would not fit into it.
  private func requireUndone(
    _ length: TrainingLength, of shape: ModelConfiguration, _ mixture: Mixture,
    _ point: ResumePoint
  ) throws {
    var shorter = point.training.configuration
    let steps = try length.steps(
      for: shape, batch: shorter.batch, trainingTokens: mixture.tokenCount(of: .train),
      otherwise: shorter.steps)
    guard optimization.decay == nil, optimization.schedule == nil,
      let decay = shorter.schedule.decay.steps, steps < decay
    else { return }
    (shorter.steps, shorter.schedule.totalSteps) = (steps, steps)
    _ = try point.replanned(shorter)
  }

  /// The plan that ends the run at `point` by a decay of the learning rate from there on; the stored
  /// one, with a note, if the rate falls already.
  private func decaying(
    _ plan: TrainingConfiguration, from point: ResumePoint
  ) throws -> TrainingConfiguration {
    let stored = point.training.configuration
    guard let last = stored.schedule.lastStepBeforeDecay else {
      throw ConfigurationError(
        "The learning rate of the run at \(output) falls throughout, to its end at step "
          + "\(stored.steps); leave --decay-now out.")
    }
    guard let step = point.checkpoint?.step else {
      throw ConfigurationError(
        "Nothing of the run at \(output) is saved yet, from which its learning rate could fall; "
          + "leave --decay-now out.")
    }
    let isPlanned = step > last || step == last && point.hasNewPlan
    let isOwn =
      try isPlanned
      && optimization.decay.map {
        try $0.steps(after: last) == stored.schedule.decay.steps
      } ?? true
    let isFinished = step == stored.steps
    let state =
      isFinished
      ? "fell to its end at step \(stored.steps), with which the run is finished"
      : "falls already, to its end at step \(stored.steps)"
    if isOwn {
      report.note("The learning rate \(state).")
      return stored
    }
    guard step <= last else {
      throw ConfigurationError(
        "The learning rate of the run at \(output) \(state); leave "
          + (isFinished ? "--decay-now and --decay out." : "--decay out."))
    }
    var plan = plan
    let share = stored.schedule.decay.steps.map { Double($0) / Double(stored.steps) } ?? 0
    let usualShare = share > 0 && share < 1 ? share : TrainingConfiguration.usualDecayShare
    let steps = try (optimization.decay ?? .share(usualShare)).steps(after: step)
    plan.schedule.decay = .linear(steps: steps)
    (plan.steps, plan.schedule.totalSteps) = (step + steps, step + steps)
    try plan.validate()
    return plan
  }

  /// The point to go on from by `plan`, with a note if that has another length than before.
  func replanned(_ point: ResumePoint, _ plan: TrainingConfiguration) throws -> ResumePoint {
    let stored = point.training.configuration
    guard plan != stored else { return point }
    let new = try point.replanned(plan)
    let (falls, fell) = (plan.schedule.decay.steps ?? 0, stored.schedule.decay.steps ?? 0)
    let length = "The run gets \(plan.steps.counting("step")), not \(stored.steps)"
    let fall =
      falls == 0
      ? "The learning rate does not fall"
      : "The learning rate falls over \(falls.counting("step")), not over \(fell)"
    let change = [
      plan.steps == stored.steps ? nil : length, falls == fell ? nil : fall,
    ].compactMap(\.self).joined(separator: ". ")
    let start = new.checkpoint.map { "; the run goes on after step \($0.step)" } ?? ""
    let left = new.leftBehind.map {
      ", before its learning rate fell; the model of step \($0.step) stays as "
        + "\(directory.checkpoints)/decayed-\($0.step.digits(8))"
    }
    report.note("\(change)\(start)\(left ?? "").")
    return new
  }

  private func requireSame(
    _ shape: ModelConfiguration, _ plan: TrainingConfiguration, as point: ResumePoint
  ) throws(ConfigurationError) {
    let (model, training) = (point.record.model, point.training.configuration)
    var plan = plan
    let given = plan
    if (training.schedule.decay == .cosine) == (plan.schedule.decay == .cosine) {
      // Another length or decay may be possible: see `replanned`.
      (plan.steps, plan.schedule.totalSteps) = (training.steps, training.schedule.totalSteps)
      plan.schedule.decay = training.schedule.decay
    }
    guard model != shape || training != plan else { return }
    let differences = OptionValue.differences(
      OptionValue.all(of: model, training), OptionValue.all(of: shape, plan))
    throw ConfigurationError(
      """
      The run at \(output) began with \(differences.map(\.text).joined(separator: ", ")); a run \
      keeps its options: leave out what differs, or \(remedy(shape, given, point)).
      """)
  }

  /// The command of another run of `shape` by `plan`, if it can have the weights of the run at
  /// `point`: with its options but for those that differ.
  private func remedy(
    _ shape: ModelConfiguration, _ plan: TrainingConfiguration, _ point: ResumePoint
  ) -> String {
    let stored = point.training.configuration
    let plan = plan.steps == stored.steps ? plan : left(of: plan, after: point)
    let differences = OptionValue.differences(
      OptionValue.all(of: point.record.model, stored), OptionValue.all(of: shape, plan))
    guard differences.allSatisfy(\.now.goesWithOtherWeights) else {
      return "start another run with -o"
    }
    return directory.offspringRemedy(differences.flatMap(\.now.words))
  }

  /// `plan` as that of a run for the updates that are not done at `point`, or for all of them if it
  /// ends before.
  private func left(
    of plan: TrainingConfiguration, after point: ResumePoint
  ) -> TrainingConfiguration {
    let done = point.checkpoint?.step ?? 0
    guard plan.steps > done else { return plan }
    var rest = plan
    rest.steps -= done
    if let decay = plan.schedule.decay.steps {
      rest.schedule.decay = .linear(steps: min(decay, rest.steps))
    }
    let saved = (plan.savedSteps ?? []).filter { $0 > done }.map { $0 - done }
    rest.savedSteps = saved.isEmpty ? nil : saved
    return rest
  }
}

extension ResumePoint.Choice: TypedValue {
  static let expectation = "auto, or the path of a checkpoint"

  static func read(_ text: String) -> ResumePoint.Choice? {
    if text == "auto" { return .newest }
    return text.isEmpty ? nil : .checkpoint(RawBytes.path(text), removingLater: false)
  }
}
