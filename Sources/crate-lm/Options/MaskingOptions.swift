import ArgumentParser
import CRATELM

/// The hiding of tokens from a masked model, on the command line.
struct MaskingOptions: ParsableArguments {
  @Option(
    number: """
      The fraction of the tokens to hide, above 0 and at most 1. \
      (default: \(MaskingConfiguration().rate))
      """)
  var maskRate: Double?

  @Flag(help: "Hide all tokens of a word together.")
  var wholeWordMasking = false

  /// The choice that the options give, or else `stored`; `nil` for a causal model.
  ///
  /// - Throws: `ValidationError` for an option that a causal model ignores, `ConfigurationError`.
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
