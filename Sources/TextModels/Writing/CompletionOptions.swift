public import CRATELM
import Tokenizer

/// What text is to be written after a prompt.
public struct CompletionOptions: Sendable {
  /// How tokens are drawn.
  public var sampling: SamplingConfiguration
  /// Decides the draws.
  public var seed: UInt64
  /// The most tokens of a text.
  public var maximumTokens = 200
  /// The fewest tokens of a text: neither its end nor a stop sequence is heeded before.
  public var minimumTokens = 0
  /// Stop sequences: a text ends before the first of them.
  public var stops: [String] = []
  /// Texts that are never written, with or without a space before them, and special tokens by their
  /// names.
  public var bans: [String] = []
  /// How many of the most probable tokens are named for every token written, with logarithms of
  /// probabilities; `nil` if these are not asked for.
  public var alternativeCount: Int?
  /// What happens if a text outgrows the model's context.
  public var overflow = ContextOverflow.slides

  /// Plain sampling.
  ///
  /// - Parameters:
  ///   - sampling: how tokens are drawn.
  ///   - seed: decides the draws.
  public init(sampling: SamplingConfiguration, seed: UInt64) {
    (self.sampling, self.seed) = (sampling, seed)
  }

  /// What is asked of the decoder of `model`.
  func configuration(for model: TextModel) -> GenerationConfiguration {
    var configuration = GenerationConfiguration(
      maximumTokens: maximumTokens, sampling: sampling, seed: seed)
    configuration.minimumTokens = minimumTokens
    configuration.endOfText = model.tokenizer.endOfText
    configuration.excluded = model.unusedIDs
    configuration.bannedSequences = bans.flatMap { model.tokenizer.spellings(of: $0) }
    configuration.alternativeCount = alternativeCount
    configuration.overflow = overflow
    return configuration
  }
}
