/// The options of generating text after a prompt.
public struct GenerationConfiguration: Sendable {
  /// The most tokens of a sample.
  public var maximumTokens: Int
  /// The fewest tokens of a sample: none of `endsOfText` can come earlier.
  public var minimumTokens = 0
  /// The rule for drawing tokens.
  public var sampling: SamplingConfiguration
  /// The seed of the draws.
  public var seed: UInt64
  /// The ids that end a sample, each as its last token.
  public var endsOfText: [Int32] = []
  /// Ids that are never drawn.
  public var excluded: [Int32] = []
  /// Banned sequences: once a text ends with all but the last id of one, that id cannot follow.
  public var bannedSequences: [[Int32]] = []
  /// The number of most probable tokens reported with every token, each with its log-probability;
  /// `nil` for no report.
  public var alternativeCount: Int?
  /// The action when a text outgrows the model's context.
  public var overflow = ContextOverflow.slides

  /// Plain sampling.
  ///
  /// - Parameters:
  ///   - maximumTokens: the most tokens of a sample.
  ///   - sampling: the rule for drawing tokens.
  ///   - seed: the seed of the draws.
  public init(maximumTokens: Int, sampling: SamplingConfiguration, seed: UInt64) {
    self.maximumTokens = maximumTokens
    self.sampling = sampling
    self.seed = seed
  }

  /// All ids in the options.
  var namedIDs: [Int32] { excluded + bannedSequences.joined() + endsOfText }
}

/// The action when a text outgrows the model's context.
public enum ContextOverflow: Sendable {
  /// Keep the later half of the context as a new beginning and forget the rest.
  case slides
  /// Refuse, before generation, a prompt and a number of tokens that do not fit together.
  case isRefused
}

/// A generated token.
public struct GeneratedToken: Hashable, Sendable {
  /// Its id.
  public let id: Int32
  /// Its probability and alternatives; `nil` unless requested.
  public let judgement: Judgement?

  /// The model's distribution at a position, before any ``SamplingConfiguration`` or ban.
  public struct Judgement: Hashable, Sendable {
    /// The natural logarithm of the generated token's probability.
    public let logProbability: Double
    /// The most probable tokens but excluded ones, in falling order.
    public let alternatives: [Alternative]
  }

  /// One of the most probable tokens.
  public struct Alternative: Hashable, Sendable {
    /// Its id.
    public let id: Int32
    /// The natural logarithm of its probability.
    public let logProbability: Double
  }
}
