import ArgumentParser
import CRATELM

/// How tokens are hidden from a masked model, on the command line.
struct MaskingOptions: ParsableArguments {
  @Option(
    help: "The part of the tokens that is hidden, above 0 and at most 1. (default: 0.15)")
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
