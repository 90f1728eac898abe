package import CRATELM

/// The shape of a model and the plan of its training that suit packed data and a time: the rule of
/// `train` (docs/train.md).
package struct RunSizes: Codable, Hashable, Sendable {
  /// The number of layers.
  package var depth: Int
  /// The width of a token's vector.
  package var width: Int
  /// The number of subspaces.
  package var headCount: Int
  /// The most tokens seen at once.
  package var contextLength: Int
  /// The sequences of an update.
  package var batch: Int
  /// The planned updates: more than the time allows, or as many as the text is worth.
  package var steps: Int
  /// The share of numbers that training drops.
  package var dropout: Float
  /// The most updates that the text is worth: more would learn it by heart.
  package var mostSteps: Int
  /// The most held-out tokens of a validation.
  package var validationTokens: Int

  /// A shape of the ladder, with the share of the machine's products that its training reaches.
  struct Rung {
    let depth: Int
    let width: Int
    let headCount: Int
    let contextLength: Int
    let share: Double
  }

  /// From small to large: for its time, a wide model learns more than a deep one.
  static let ladder = [
    Rung(depth: 4, width: 128, headCount: 4, contextLength: 128, share: 0.45),
    Rung(depth: 4, width: 192, headCount: 6, contextLength: 128, share: 0.5),
    Rung(depth: 4, width: 256, headCount: 8, contextLength: 128, share: 0.6),
    Rung(depth: 4, width: 384, headCount: 8, contextLength: 128, share: 0.6),
    Rung(depth: 6, width: 384, headCount: 8, contextLength: 256, share: 0.65),
    Rung(depth: 8, width: 512, headCount: 8, contextLength: 512, share: 0.7),
    Rung(depth: 12, width: 768, headCount: 12, contextLength: 1024, share: 0.75),
  ]
  /// The least tokens, for each parameter, that make a larger shape worth while.
  static let tokensPerParameter = 0.9
  /// The readings of a text that count for the shape; a masked model hides other tokens each time.
  static let shapingReadings = (causal: 6.0, masked: 20.0)
  /// Below so many readings a text is not learnt by heart, and dropout would only slow learning; a
  /// causal model's text is cut elsewhere at each reading.
  static let readingsWithoutDropout = (causal: 16.0, masked: 6.0)
  static let leastSteps = 100
  /// More updates of fewer tokens are better than fewer updates.
  static let tokensPerStep = 2048
  static let enoughSteps = 500
  /// The readings that are divided into updates, as a multiple of those that count for the shape.
  static let dividedReadings = 2.0
  static let leastBatch = 4
  /// The planned steps over those that fit into the time, so that the clock ends training.
  package static let reserve = 1.5
  /// The share of the trained tokens that one validation may read; there are ten.
  static let validationShare = 0.015

  /// The sizes.
  ///
  /// - Parameters:
  ///   - data: the tokens to learn from, and those held out.
  ///   - vocabularySize: the number of token ids.
  ///   - objective: the task of the model.
  ///   - seconds: the time for training.
  ///   - rate: the operations per second of this machine's products of matrices.
  /// - Throws: `ConfigurationError` for an impossible vocabulary.
  package init(
    data: (training: Int, heldOut: Int), vocabularySize: Int, objective: Objective,
    seconds: Double, operationsPerSecond rate: Double
  ) throws(ConfigurationError) {
    let isMasked = objective.examples == .hiddenTokens
    let readings = isMasked ? Self.shapingReadings.masked : Self.shapingReadings.causal
    let shapingTokens = readings * Double(data.training)
    let longest = Self.longestContext(data)
    var choice: (rung: Rung, context: Int, tokens: Double)?
    for rung in Self.ladder {
      let context = min(rung.contextLength, longest)
      let model = try ModelConfiguration(
        objective: objective, depth: rung.depth, width: rung.width, headCount: rung.headCount,
        contextLength: context, vocabularySize: vocabularySize)
      let predicted = isMasked ? MaskingConfiguration().rate : 1
      let operations = TrainingCost.operationsPerToken(model, predictedShare: predicted)
      let tokens = seconds * rate * rung.share / operations
      let least = Self.tokensPerParameter * Double(LanguageModel.parameterCount(model))
      if choice == nil || min(tokens, shapingTokens) >= least { choice = (rung, context, tokens) }
    }
    guard let (rung, context, tokens) = choice else { preconditionFailure("an empty ladder") }
    (depth, width, headCount) = (rung.depth, rung.width, rung.headCount)
    contextLength = context
    var batch = max(Self.leastBatch, min(16, Self.tokensPerStep / context))
    let enough = Double(Self.enoughSteps * context)
    let divided = min(tokens, Self.dividedReadings * shapingTokens)
    while batch > Self.leastBatch, divided < Double(batch) * enough { batch /= 2 }
    self.batch = batch
    let inTime = Self.steps(tokens, batch * context)
    let (limit, share) =
      isMasked
      ? (Self.readingsWithoutDropout.masked, 0.1 as Float)
      : (Self.readingsWithoutDropout.causal, 0.05)
    dropout = tokens < limit * Double(data.training) ? 0 : share
    let useful = TrainingConfiguration.usefulEpochs(isMasked: isMasked)
    mostSteps = max(Self.leastSteps, Self.steps(Double(useful * data.training), batch * context))
    steps = min(mostSteps, Self.steps(Self.reserve * tokens, batch * context))
    let validated = Self.validationShare * Double(min(inTime, mostSteps) * batch * context)
    validationTokens = min(262_144, max(8_192, Int(validated)))
  }

  private static func steps(_ tokens: Double, _ tokensPerStep: Int) -> Int {
    max(1, Int(min(tokens / Double(tokensPerStep), 1e9).rounded(.up)))
  }

  /// A power of two that fits into the held-out text and hundreds of times into the other.
  private static func longestContext(_ data: (training: Int, heldOut: Int)) -> Int {
    var context = 16
    while 2 * context < min(data.heldOut, data.training / 512), context < 1024 { context *= 2 }
    return context
  }

  /// Whether the text, not the time, limits training.
  package var isLimitedByText: Bool { steps == mostSteps }
}
