public import ArgumentParser
public import CRATELM
import Storage

extension SpikeAction: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}

private typealias Usual = TrainingConfiguration

/// The length of training, on the command line.
struct TrainingLength: ParsableArguments {
  @Option(
    number: """
      The number of updates of the parameters. (default: \(Usual.usualSteps), unless --tokens or \
      --epochs is given)
      """)
  var steps: Int?

  @Option(number: "Train on this many tokens, rounded up to whole steps.")
  var tokens: Int?

  @Option(number: "Read the training split this many times, rounded up to whole steps.")
  var epochs: Double?

  /// Whether a length is given.
  var isGiven: Bool { steps != nil || tokens != nil || epochs != nil }

  func validate() throws {
    guard [steps != nil, tokens != nil, epochs != nil].count(where: { $0 }) <= 1 else {
      throw ValidationError("Give only one of --steps, --tokens and --epochs.")
    }
    try Self.requirePositive("epochs", epochs)
    try Self.require("tokens", tokens, from: 1)
    try Self.require("steps", steps, from: 1)
  }

  /// The number of steps that the options give, or else `usual`.
  ///
  /// - Throws: `ValidationError` for more than can be counted.
  func steps(
    for model: ModelConfiguration, batch: Int, trainingTokens: Int, otherwise usual: Int
  ) throws -> Int {
    let wanted: Double
    let sequences: Double
    if let tokens {
      (wanted, sequences) = (Double(tokens), Double(tokens) / Double(model.contextLength))
    } else if let epochs {
      wanted = epochs * Double(trainingTokens)
      sequences = wanted / Double(model.textLength)
    } else {
      return steps ?? usual
    }
    guard let steps = Int(exactly: (sequences / Double(batch)).rounded(.up)), steps > 0 else {
      throw ValidationError("\(wanted) tokens are more than can be counted in steps.")
    }
    return steps
  }
}

/// A plan of training by name.
enum Recipe: String, CaseIterable, ExpressibleByArgument {
  case usual, published
}

/// The plan of training, on the command line.
struct TrainingOptions: ParsableArguments {
  @Option(
    help: """
      published: the optimiser, learning rates, batch and steps by which the authors trained \
      CRATE-GPT or CRATE-BERT, without the dictionary bound; other options win.
      """)
  var recipe = Recipe.usual

  @Option(number: "The number of sequences of a step. (default: \(Usual.usualBatch))")
  var batch: Int?

  @Option(
    number: """
      The number of sequences that pass through the network at once, a divisor of the batch; fewer \
      need less memory. (default: as many as have at most \(Usual.usualTokensAtOnce) tokens)
      """)
  var microbatch: Int?

  @Option(
    number: """
      The share of numbers, at least 0 and below 1, that each training pass sets to zero in the \
      embeddings and in the result of both halves of a layer, so that a small text is not learnt \
      by heart. (default: 0)
      """)
  var dropout: Float?

  @Option(
    help: """
      For a gradient far above its recent range: accept and clip it as any other, or skip the \
      update. (default: accept)
      """)
  var onSpike: SpikeAction?

  @Flag(
    inversion: .prefixedNo,
    help: """
      Scale a dictionary down if the step size times the square of its largest singular value \
      exceeds 1.9; ISTA diverges from 2 on. (default: --dictionary-bound)
      """)
  var dictionaryBound: Bool?

  @Option(
    help: """
      The precision of the factors of matrix products. bf16 is faster and needs a processor with \
      AVX512_BF16; parameters, moments and sums stay in fp32. (default: fp32)
      """)
  var precision: Precision?

  @Option(number: "The number of steps between validations. (default: a tenth of the steps)")
  var evalEvery: Int?

  @Option(number: "The most tokens of the validation split to measure on. (default: 262144)")
  var evalTokens: Int?

  @Option(
    help: ArgumentHelp(
      """
      The number of steps between checkpoints; or a time, such as 30m, for extra checkpoints \
      between the tenths of the steps, each kept until the next tenth; or never, for the last step \
      alone. (default: a tenth of the steps, and \(Usual.usualSaveSeconds / 60)m)
      """, valueName: "steps|time|never"))
  var saveEvery: Interval?

  @Option(
    help: ArgumentHelp(
      "The number of steps between samples of text, or never. (default: a fifth of the steps)",
      valueName: "steps|never"))
  var sampleEvery: StepInterval?

  @Option(
    help: ArgumentHelp(
      """
      The number of steps between measurements of the layers, as by 'analyze layers', written \
      into metrics.jsonl; or never. (default: never)
      """, valueName: "steps|never"))
  var analyzeEvery: StepInterval?

  @Option(
    number: """
      The number of newest planned checkpoints to keep. The best one, the last before the learning \
      rate falls and those of --save-at stay besides. (default: \(Usual.usualKeptCheckpoints))
      """)
  var keep: Int?

  @Option(
    help: ArgumentHelp(
      "Steps after which to save a checkpoint that is kept for good, such as 1,10,100.",
      valueName: "steps,…"))
  var saveAt: StepList?

  @Option(
    number: """
      End training after this many validations in a row without a lower loss, even before the \
      learning rate has fallen. The best checkpoint is always kept as RUN/checkpoints/best. \
      (default: never)
      """)
  var patience: Int?

  @Option(
    help: """
      A number that decides initialisation, the order of the data, the masks and what is \
      dropped. (default: drawn, and printed)
      """)
  var seed: Seed?

  private static let largestTokenCount = 1e18
  /// Beyond this, no machine has the memory for the activations.
  private static let largestMicrobatchTokens = 1 << 28

  func validate() throws {
    for (name, value) in [
      ("batch", batch), ("microbatch", microbatch), ("eval-tokens", evalTokens),
      ("eval-every", evalEvery), ("keep", keep), ("patience", patience),
    ] {
      try Self.require(name, value, from: 1)
    }
  }

  /// The plan that the options give; `stored` or a default gives what they leave open.
  ///
  /// A run that is continued keeps the numbers of `stored`; another one of other steps keeps its
  /// shares of warm-up and decay.
  func configuration(
    for model: ModelConfiguration, length: TrainingLength, trainingTokens: Int,
    optimization: OptimizerOptions, masking: MaskingConfiguration?,
    stored: TrainingConfiguration? = nil, isContinued: Bool = false
  ) throws -> TrainingConfiguration {
    let contextLength = model.contextLength
    let published = recipe == .published ? PublishedRecipe(for: model.objective) : nil
    let batch = batch ?? published?.batch ?? stored?.batch ?? Usual.usualBatch
    try Self.require("batch", batch, from: 1, to: 1 << 20)
    let steps = try length.steps(
      for: model, batch: batch, trainingTokens: trainingTokens,
      otherwise: published?.steps ?? stored?.steps ?? Usual.usualSteps)
    guard Double(steps) * Double(batch * contextLength) < Self.largestTokenCount else {
      throw ValidationError(
        "\(steps.counting("step")) of \(batch * contextLength) tokens are more than can be "
          + "counted.")
    }
    var plan =
      try stored
      ?? TrainingConfiguration(for: model, steps: steps, batch: batch, seed: Seed.drawn().value)
    if !isContinued { plan.schedule = plan.schedule.scaled(to: steps) }
    (plan.steps, plan.schedule.totalSteps, plan.batch, plan.masking) = (
      steps, steps, batch, masking
    )
    if !isContinued, (stored?.masking == nil) != (masking == nil) {
      plan.windowStarts = WindowStarts(isMasked: masking != nil)
    }
    if let published { plan.adopt(published) }
    if let last = saveAt?.steps.max(), last > steps {
      throw ValidationError("--save-at has step \(last); the run has \(steps.counting("step")).")
    }
    if let warmup = optimization.warmup, warmup > steps {
      throw ValidationError("--warmup is \(warmup.counting("step")); the run has \(steps).")
    }
    try optimization.override(&plan)
    override(&plan)
    try plan.validate()
    guard isContinued || !plan.schedule.fallsWithinWarmUp else {
      throw ValidationError(
        "The learning rates would rise for \(plan.schedule.warmupSteps.counting("step")) and fall "
          + "from step "
          + "\(plan.schedule.lastStepBeforeDecay ?? 0) on; give a shorter --warmup or --decay.")
    }
    guard plan.microbatch * contextLength <= Self.largestMicrobatchTokens else {
      throw ValidationError(
        "A microbatch of \(plan.microbatch.counting("sequence")) of "
          + "\(contextLength.counting("token")) is too large; "
          + "expected at most \(Self.largestMicrobatchTokens) tokens.")
    }
    return plan
  }

  /// Replaces the fields of `plan` that the options give.
  private func override(_ plan: inout TrainingConfiguration) {
    func set<Value>(_ field: WritableKeyPath<TrainingConfiguration, Value>, _ value: Value?) {
      if let value { plan[keyPath: field] = value }
    }
    set(\.microbatch, microbatch)
    set(\.dropout, dropout)
    set(\.spikeAction, onSpike)
    set(\.boundsDictionaries, dictionaryBound)
    set(\.precision, precision)
    set(\.seed, seed?.value)
    set(\.validationInterval, evalEvery)
    set(\.validationTokens, evalTokens)
    switch saveEvery {
    case nil: break
    case .steps(let count): (plan.saveInterval, plan.saveSeconds) = (count, nil)
    case .time(let time): plan.saveSeconds = Int(time.components.seconds)
    case .never: (plan.saveInterval, plan.saveSeconds) = (nil, nil)
    }
    set(\.sampleInterval, sampleEvery.map(\.steps))
    set(\.analysisInterval, analyzeEvery.map(\.steps))
    set(\.keptCheckpoints, keep)
    set(\.savedSteps, saveAt.map(\.steps))
    set(\.patience, patience.map(Optional.some))
  }
}

extension ModelConfiguration {
  /// The tokens of text in a sequence; a masked one also has some around it.
  fileprivate var textLength: Int { contextLength - objective.frame.tokenCount }
}

extension TrainingConfiguration {
  /// How many times training reads a split of `tokenCount` tokens.
  func epochs(of model: ModelConfiguration, over tokenCount: Int) -> Double {
    Double(steps) * Double(batch * model.textLength) / Double(max(1, tokenCount))
  }
}
