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
      throw ValidationError(
        "--data is missing: name the data directory, which 'crate-lm data pack' makes.")
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
    let change =
      plan.steps == stored.steps
      ? "The learning rate falls over \((plan.schedule.decay.steps ?? 0).counting("step")), not "
        + "over \(stored.schedule.decay.steps ?? 0)"
      : "The run gets \(plan.steps.counting("step")), not \(stored.steps)"
    let start = new.checkpoint.map { ", and goes on after step \($0.step)" } ?? ""
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
    let differences =
      OptionValue.differences(OptionValue.all(of: model), OptionValue.all(of: shape))
      + OptionValue.differences(OptionValue.all(of: training), OptionValue.all(of: plan))
    throw ConfigurationError(
      """
      The run at \(output) began with \(differences.map(\.text).joined(separator: ", ")); a run \
      keeps its options: leave out what differs, or \(remedy(for: differences, given, point)).
      """)
  }

  /// The command of another run with the options that differ, if it can have the run's weights.
  private func remedy(
    for differences: [OptionValue.Difference], _ plan: TrainingConfiguration,
    _ point: ResumePoint
  ) -> String {
    guard differences.allSatisfy(\.now.goesWithOtherWeights) else {
      return "start another run with -o"
    }
    let length =
      plan.steps == point.training.configuration.steps ? [] : point.offspringOptions(for: plan)
    return directory.offspringRemedy(
      differences.map(\.now).filter { $0.name != "steps" }.flatMap(\.words) + length)
  }
}

/// An option with the value that a configuration has for it.
private struct OptionValue {
  let name: String
  let value: String

  /// The option as it is typed; none for what is typed by other options.
  let words: [String]
  /// Whether a run that begins with the weights of one with another value can have this one.
  let goesWithOtherWeights: Bool

  private init(
    _ name: String, _ value: (some Any)?, typed: String? = nil, isShape: Bool = false
  ) {
    (self.name, self.value) = (name, value.map { "\($0)" } ?? "none")
    goesWithOtherWeights = !isShape
    words =
      switch typed ?? value as Any? {
      case let isSet as Bool: [isSet ? "--\(name)" : "--no-\(name)"]
      case let value?: ["--\(name)", "\(value)"]
      case nil: []
      }
  }

  /// An option with the value before and now.
  struct Difference {
    let before: OptionValue
    let now: OptionValue

    var text: String { "--\(now.name) \(before.value), not \(now.value)" }
  }

  static func all(of model: ModelConfiguration) -> [OptionValue] {
    [
      OptionValue("objective", model.objective.rawValue),
      OptionValue("architecture", model.architecture.rawValue, isShape: true),
      OptionValue("depth", model.depth, isShape: true),
      OptionValue("width", model.width, isShape: true),
      OptionValue("heads", model.headCount, isShape: true),
      OptionValue("context", model.contextLength, isShape: true),
      OptionValue("activation", model.activation.rawValue, isShape: true),
      OptionValue("step-size", model.stepSize),
      OptionValue("sparsity-penalty", model.sparsityPenalty),
    ]
  }

  static func all(of plan: TrainingConfiguration) -> [OptionValue] {
    [
      OptionValue("steps", plan.steps), OptionValue("batch", plan.batch),
      OptionValue("microbatch", plan.microbatch),
      OptionValue("optimizer", OptimizerName(plan.matrices).rawValue),
      OptionValue("learning-rate", plan.schedule.peak),
      OptionValue("matrix-learning-rate", plan.matrices.learningRate),
      OptionValue("orthogonalization", plan.matrices.orthogonalization?.rawValue),
      OptionValue("warmup", plan.schedule.warmupSteps),
      OptionValue("schedule", ScheduleName(plan.schedule.decay).rawValue),
      OptionValue("decay", plan.schedule.decay.steps),
      OptionValue("final-ratio", plan.schedule.finalFraction),
      OptionValue("weight-decay", plan.optimizer.weightDecay),
      OptionValue("beta1", plan.optimizer.beta1), OptionValue("beta2", plan.optimizer.beta2),
      OptionValue("dropout", plan.dropout),
      OptionValue("grad-clip", plan.gradientClip),
      OptionValue("on-spike", plan.spikeAction.rawValue),
      OptionValue("dictionary-bound", plan.boundsDictionaries),
      OptionValue("precision", plan.precision.rawValue), OptionValue("seed", plan.seed),
      OptionValue("mask-rate", plan.masking?.rate),
      OptionValue("whole-word-masking", plan.masking?.wholeWords),
      OptionValue("eval-every", plan.validationInterval),
      OptionValue("eval-tokens", plan.validationTokens),
      OptionValue("save-every", plan.saveText, typed: plan.saveTime ?? plan.saveText),
      OptionValue("sample-every", plan.sampleInterval.map(String.init) ?? "never"),
      OptionValue("analyze-every", plan.analysisInterval.map(String.init) ?? "never"),
      OptionValue("keep", plan.keptCheckpoints),
      OptionValue("save-at", plan.savedSteps.map { $0.map(String.init).joined(separator: ",") }),
      OptionValue("patience", plan.patience),
    ]
  }

  /// The options that differ, each with both values.
  static func differences(_ before: [OptionValue], _ now: [OptionValue]) -> [Difference] {
    zip(before, now).filter { $0.value != $1.value }.map { Difference(before: $0, now: $1) }
  }
}

extension TrainingConfiguration {
  /// The intervals between checkpoints.
  fileprivate var saveText: String {
    let parts = [saveInterval.map { "\($0)" }, saveTime].compactMap(\.self)
    return parts.isEmpty ? "never" : parts.joined(separator: " and ")
  }

  fileprivate var saveTime: String? {
    saveSeconds.map { WallTime(duration: .seconds($0)).description }
  }
}

extension ResumePoint.Choice: TypedValue {
  static let expectation = "auto, or the path of a checkpoint"

  static func read(_ text: String) -> ResumePoint.Choice? {
    if text == "auto" { return .newest }
    return text.isEmpty ? nil : .checkpoint(RawBytes.path(text), removingLater: false)
  }
}
