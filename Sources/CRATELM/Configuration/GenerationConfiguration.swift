/// What text is to be written after a prompt.
public struct GenerationConfiguration: Sendable {
  /// The most tokens of a sample.
  public var maximumTokens: Int
  /// The fewest tokens of a sample: the end of a text is not written before.
  public var minimumTokens = 0
  /// How tokens are drawn.
  public var sampling: SamplingConfiguration
  /// Decides the draws.
  public var seed: UInt64
  /// The id that ends a sample, its last token; `nil` if none does.
  public var endOfText: Int32?
  /// Ids that are never written.
  public var excluded: [Int32] = []
  /// Sequences of ids whose last is not written behind the others.
  public var bannedSequences: [[Int32]] = []
  /// How many of the most probable tokens are named for every token written, with logarithms of
  /// probabilities; `nil` where these are not asked for.
  public var alternativeCount: Int?
  /// What happens where a text outgrows the model's context.
  public var overflow = ContextOverflow.slides

  /// Plain sampling.
  ///
  /// - Parameters:
  ///   - maximumTokens: the most tokens of a sample.
  ///   - sampling: how tokens are drawn.
  ///   - seed: decides the draws.
  public init(maximumTokens: Int, sampling: SamplingConfiguration, seed: UInt64) {
    self.maximumTokens = maximumTokens
    self.sampling = sampling
    self.seed = seed
  }

  /// The ids that it names.
  var namedIDs: [Int32] { excluded + bannedSequences.joined() + [endOfText].compactMap(\.self) }
}

/// What happens where a text outgrows the model's context.
public enum ContextOverflow: Sendable {
  /// The later half of the context becomes a new beginning, and what was before it is forgotten.
  case slides
  /// Prompt and text must fit into the context, which is made sure of before anything is written.
  case isRefused
}

/// A token that was written.
public struct GeneratedToken: Hashable, Sendable {
  /// Its id.
  public let id: Int32
  /// How probable it was; `nil` where that was not asked for.
  public let judgement: Judgement?

  /// What a model says about a place of a text, before anything of a ``SamplingConfiguration`` or a
  /// ban is applied.
  public struct Judgement: Hashable, Sendable {
    /// The natural logarithm of the probability of the token that was written.
    public let logProbability: Double
    /// The most probable tokens, the first first.
    public let alternatives: [Alternative]
  }

  /// A token that might have been written.
  public struct Alternative: Hashable, Sendable {
    /// Its id.
    public let id: Int32
    /// The natural logarithm of its probability.
    public let logProbability: Double
  }
}
