import CRATELM

/// An option with the value that a configuration has for it.
struct OptionValue {
  let name: String
  let value: String

  /// The option as it is typed; none for what is typed by other options.
  let words: [String]
  /// Whether a run that begins with the weights of one with another value can have this one.
  let goesWithOtherWeights: Bool

  private init(
    _ name: String, _ value: (some Any)?, words: [String]? = nil, isShape: Bool = false
  ) {
    (self.name, self.value) = (name, value.map { "\($0)" } ?? "none")
    goesWithOtherWeights = !isShape
    self.words = words ?? value.map { ["--\(name)", "\($0)"] } ?? []
  }

  /// An option with the value before and now.
  struct Difference {
    let before: OptionValue
    let now: OptionValue

    var text: String { "--\(now.name) \(before.value), not \(now.value)" }
  }

  /// The options of a run.
  static func all(
    of model: ModelConfiguration, _ plan: TrainingConfiguration
  ) -> [OptionValue] {
    all(of: model) + all(of: plan)
  }

  private static func all(of model: ModelConfiguration) -> [OptionValue] {
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

  private static func all(of plan: TrainingConfiguration) -> [OptionValue] {
    [
      OptionValue("steps", plan.steps), OptionValue("batch", plan.batch),
      OptionValue("microbatch", plan.microbatch),
      OptionValue("optimizer", OptimizerName(plan.matrices).rawValue),
      OptionValue("learning-rate", plan.schedule.peak),
      OptionValue("matrix-learning-rate", plan.matrices.learningRate),
      OptionValue("orthogonalization", plan.matrices.orthogonalization?.rawValue),
      OptionValue("warmup", plan.schedule.warmupSteps),
      OptionValue("schedule", ScheduleName(plan.schedule.decay).rawValue),
      OptionValue(
        "decay", plan.schedule.decay.steps,
        words: ScheduleName(plan.schedule.decay) == .wsd ? nil : []),
      OptionValue("final-ratio", plan.schedule.finalFraction),
      OptionValue("weight-decay", plan.optimizer.weightDecay),
      OptionValue("beta1", plan.optimizer.beta1), OptionValue("beta2", plan.optimizer.beta2),
      OptionValue("dropout", plan.dropout),
      OptionValue("grad-clip", plan.gradientClip),
      OptionValue("on-spike", plan.spikeAction.rawValue),
      OptionValue(
        "dictionary-bound", plan.boundsDictionaries,
        words: [plan.boundsDictionaries ? "--dictionary-bound" : "--no-dictionary-bound"]),
      OptionValue("precision", plan.precision.rawValue), OptionValue("seed", plan.seed),
      OptionValue("mask-rate", plan.masking?.rate),
      OptionValue(
        "whole-word-masking", plan.masking?.wholeWords,
        words: plan.masking?.wholeWords == true ? ["--whole-word-masking"] : []),
      OptionValue("eval-every", plan.validationInterval),
      OptionValue("eval-tokens", plan.validationTokens),
      OptionValue(
        "save-every", plan.saveText, words: ["--save-every", plan.saveTime ?? plan.saveText]),
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
