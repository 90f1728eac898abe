public import CRATELM
import Tokenizer

/// Options for the text after a prompt.
public struct CompletionOptions: Sendable {
  /// The distribution that tokens are drawn from.
  public var sampling: SamplingConfiguration
  /// The seed of all draws.
  public var seed: UInt64
  /// The most tokens of a text.
  public var maximumTokens = 200
  /// The fewest tokens of a text; before that, neither an end of text nor a stop sequence ends it.
  public var minimumTokens = 0
  /// Stop sequences; a text ends before the first of them.
  public var stops: [String] = []
  /// Texts that are never written, with or without a space before them, and special tokens by their
  /// names.
  public var bans: [String] = []
  /// The number of most probable tokens to report beside each token written, with their
  /// log-probabilities; `nil` for no report.
  public var alternativeCount: Int?
  /// The behaviour if a text outgrows the model's context.
  public var overflow = ContextOverflow.slides
  /// The changes of units while texts are written, if any.
  public var steering: Steering?

  /// Options with the values above.
  ///
  /// - Parameters:
  ///   - sampling: the distribution that tokens are drawn from.
  ///   - seed: the seed of all draws.
  public init(sampling: SamplingConfiguration, seed: UInt64) {
    (self.sampling, self.seed) = (sampling, seed)
  }

  /// The decoder's configuration for texts of `model`.
  ///
  /// - Throws: `TokenizerError.patternTooCostly`.
  func configuration(for model: TextModel) throws(TokenizerError) -> GenerationConfiguration {
    var configuration = GenerationConfiguration(
      maximumTokens: maximumTokens, sampling: sampling, seed: seed)
    configuration.minimumTokens = minimumTokens
    configuration.endsOfText = model.textBounds.ends
    configuration.excluded = model.unusedIDs
    for ban in bans { configuration.bannedSequences += try model.tokenizer.spellings(of: ban) }
    configuration.alternativeCount = alternativeCount
    configuration.overflow = overflow
    return configuration
  }
}
