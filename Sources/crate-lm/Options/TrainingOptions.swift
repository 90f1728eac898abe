public import ArgumentParser
public import CRATELM

extension SpikeAction: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}

private typealias Usual = TrainingConfiguration

/// How to train, on the command line.
struct TrainingOptions: ParsableArguments {
  @Option(
    help: """
      Updates of the parameters. (default: \(Usual.usualSteps), unless --tokens or --epochs is given)
      """)
  var steps: Int?

  @Option(help: "Train on this many tokens.")
  var tokens: Int?

  @Option(help: "Train on the data this many times over.")
  var epochs: Double?

  @Option(help: "Sequences whose gradients make one update. (default: \(Usual.usualBatch))")
  var batch: Int?

  @Option(
    help: """
      Sequences that pass through the network at once; less needs less memory. (default: the batch, \
      or as many as have \(Usual.usualTokensAtOnce) tokens)
      """)
  var microbatch: Int?

  @Option(help: "The largest learning rate. (default: \(Usual.usualLearningRate))")
  var learningRate: Double?

  @Option(
    help: """
      Steps over which the learning rate rises. (default: a twentieth, at most \
      \(Usual.usualWarmup))
      """)
  var warmup: Int?

  @Option(
    help: "Decoupled weight decay of matrices. (default: \(AdamWConfiguration().weightDecay))")
  var weightDecay: Float?

  @Option(help: "The largest norm of the gradient. (default: 1)")
  var gradClip: Float?

  @Option(
    help: """
      What to do with a gradient far outside of the recent range: accept, to clip it as any other, \
      or skip. (default: accept)
      """)
  var onSpike: SpikeAction?

  @Flag(
    inversion: .prefixedNo,
    help: """
      Scale a dictionary down where its step size times the square of its largest singular value \
      would exceed 1.9; ISTA diverges from 2 on. (default: --dictionary-bound)
      """)
  var dictionaryBound: Bool?

  @Option(
    help: """
      The precision of the factors of products; bf16 is faster and needs a processor with AVX-512 \
      and its bf16 instructions. Parameters, moments and sums are in fp32. (default: fp32)
      """)
  var precision: Precision?

  @Option(help: "Steps between validations. (default: a tenth of the steps)")
  var evalEvery: Int?

  @Option(help: "Tokens of the validation split to look at, at most. (default: 262144)")
  var evalTokens: Int?

  @Option(help: "Steps between checkpoints. (default: a tenth of the steps)")
  var saveEvery: Int?

  @Option(help: "Steps between samples of text. (default: a fifth of the steps)")
  var sampleEvery: Int?

  @Option(help: "Checkpoints to keep. (default: \(Usual.usualKeptCheckpoints))")
  var keep: Int?

  @Option(help: "Decides initialisation and order of the data. (default: drawn, and printed)")
  var seed: Seed?

  private static let largestTokenCount = 1e18
  /// Beyond this, no machine has the memory for the activations.
  private static let largestMicrobatchTokens = 1 << 28

  func validate() throws {
    guard [steps != nil, tokens != nil, epochs != nil].count(where: { $0 }) <= 1 else {
      throw ValidationError("Give only one of --steps, --tokens and --epochs.")
    }
    if let epochs, !(epochs > 0 && epochs.isFinite) {
      throw ValidationError("--epochs is \(epochs); expected a number above 0.")
    }
    for (name, value) in [
      ("tokens", tokens), ("batch", batch), ("microbatch", microbatch), ("eval-tokens", evalTokens),
    ] {
      try Self.require(name, value, from: 1)
    }
  }

  /// The plan that the options give, with what they leave open taken from `stored` or a default.
  func configuration(
    for model: ModelConfiguration, trainingTokens: Int, masking: MaskingConfiguration?,
    stored: TrainingConfiguration? = nil
  ) throws -> TrainingConfiguration {
    let contextLength = model.contextLength
    let batch = batch ?? stored?.batch ?? Usual.usualBatch
    try Self.require("batch", batch, from: 1, to: 1 << 20)
    let steps = try resolvedSteps(
      for: model, batch: batch, trainingTokens: trainingTokens, stored: stored)
    guard Double(steps) * Double(batch * contextLength) < Self.largestTokenCount else {
      throw ValidationError(
        "\(steps) steps of \(batch * contextLength) tokens are more than can be counted.")
    }
    var plan =
      try stored
      ?? TrainingConfiguration(for: model, steps: steps, batch: batch, seed: Seed.drawn().value)
    (plan.steps, plan.schedule.totalSteps, plan.batch, plan.masking) = (
      steps, steps, batch, masking
    )
    override(&plan)
    try plan.validate()
    guard plan.microbatch * contextLength <= Self.largestMicrobatchTokens else {
      throw ValidationError(
        "A microbatch of \(plan.microbatch) sequences of \(contextLength) tokens is too large; "
          + "expected at most \(Self.largestMicrobatchTokens) tokens.")
    }
    return plan
  }

  /// Puts what the options say in the place of what `plan` says.
  private func override(_ plan: inout TrainingConfiguration) {
    func set<Value>(_ field: WritableKeyPath<TrainingConfiguration, Value>, _ value: Value?) {
      if let value { plan[keyPath: field] = value }
    }
    set(\.microbatch, microbatch)
    set(\.schedule.peak, learningRate)
    set(\.schedule.warmupSteps, warmup)
    set(\.optimizer.weightDecay, weightDecay)
    set(\.gradientClip, gradClip.map(Optional.some))
    set(\.spikeAction, onSpike)
    set(\.boundsDictionaries, dictionaryBound)
    set(\.precision, precision)
    set(\.seed, seed?.value)
    set(\.validationInterval, evalEvery)
    set(\.validationTokens, evalTokens)
    set(\.saveInterval, saveEvery)
    set(\.sampleInterval, sampleEvery.map(Optional.some))
    set(\.keptCheckpoints, keep)
  }

  private func resolvedSteps(
    for model: ModelConfiguration, batch: Int, trainingTokens: Int, stored: TrainingConfiguration?
  ) throws -> Int {
    // An epoch is a matter of the text, of which a masked sequence holds less than the context.
    let textLength = model.contextLength - model.objective.frame.tokenCount
    let wanted: Double
    let sequences: Double
    if let tokens {
      (wanted, sequences) = (Double(tokens), Double(tokens) / Double(model.contextLength))
    } else if let epochs {
      wanted = epochs * Double(trainingTokens)
      sequences = wanted / Double(textLength)
    } else {
      return steps ?? stored?.steps ?? Usual.usualSteps
    }
    guard let steps = Int(exactly: (sequences / Double(batch)).rounded(.up)), steps > 0 else {
      throw ValidationError("\(wanted) tokens are more than can be counted in steps.")
    }
    return steps
  }
}

/// How tokens are hidden from a masked model, on the command line.
struct MaskingOptions: ParsableArguments {
  @Option(
    help:
      "The part of the tokens that is hidden, above 0 and at most 1. (default: \(MaskingConfiguration().rate))"
  )
  var maskRate: Double?

  @Flag(help: "Hide the pieces of a word together.")
  var wholeWordMasking = false

  /// What the options give, with what they leave open taken from `stored`; `nil` for a causal
  /// model.
  ///
  /// - Throws: `ValidationError` for options that a causal model has no use for,
  ///   `ConfigurationError`.
  func configuration(
    for objective: Objective, stored: MaskingConfiguration?
  ) throws -> MaskingConfiguration? {
    guard objective.examples == .hiddenTokens else {
      guard maskRate == nil, !wholeWordMasking else {
        throw ValidationError(
          "--mask-rate and --whole-word-masking are for --objective masked.")
      }
      return nil
    }
    let stored = stored ?? MaskingConfiguration()
    return try MaskingConfiguration(
      rate: maskRate ?? stored.rate, wholeWords: wholeWordMasking || stored.wholeWords)
  }
}
