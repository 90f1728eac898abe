import ArgumentParser
import CRATELM
import Tokenizer

/// What is written after a prompt, on the command line.
struct WritingOptions: ParsableArguments {
  @Option(
    name: [.customShort("n"), .long, .customLong("max-new-tokens"), .customLong("predict")],
    help: "The most tokens to write.")
  var maxTokens = 200

  @Option(
    help: "The fewest tokens to write: neither the end of a text nor a --stop text ends it before.")
  var minTokens = 0

  @Option(help: "End before this text; may be given several times.")
  var stop: [String] = []

  @Option(
    help: """
      Never write the tokens that spell this text, with or without a space before it, or this \
      special token; may be given several times.
      """)
  var ban: [String] = []

  @Option(help: "Texts to write for each prompt.")
  var samples = 1

  @Option(
    help: """
      With --json, the logarithm of the probability of every token by the model itself, and the so \
      many most probable tokens in its place.
      """)
  var logprobs: Int?

  @Flag(
    help: """
      Refuse what would outgrow the model's context, instead of forgetting the earlier half of it \
      and saying so.
      """)
  var strictContext = false

  @Flag(
    inversion: .prefixedNo, help: "Write the prompt before the text. (default: unless --json)")
  var echo: Bool?

  func validate() throws {
    if maxTokens < 1 {
      throw ValidationError("--max-tokens is \(maxTokens); expected at least 1.")
    }
    guard (0...maxTokens).contains(minTokens) else {
      throw ValidationError(
        "--min-tokens is \(minTokens); expected 0 to \(maxTokens), the value of --max-tokens.")
    }
    guard (1...1024).contains(samples) else {
      throw ValidationError("--samples is \(samples); expected 1 to 1024.")
    }
    if let logprobs, !(0...1000).contains(logprobs) {
      throw ValidationError("--logprobs is \(logprobs); expected 0 to 1000.")
    }
    if ban.contains(where: \.isEmpty) { throw ValidationError("--ban is empty; expected a text.") }
  }

  /// What the options ask of the model `loaded`.
  func configuration(
    _ loaded: LoadedModel, sampling: SamplingConfiguration, seed: UInt64
  ) -> GenerationConfiguration {
    var configuration = GenerationConfiguration(
      maximumTokens: maxTokens, sampling: sampling, seed: seed)
    configuration.minimumTokens = minTokens
    configuration.endOfText = loaded.tokenizer.endOfText
    configuration.excluded = loaded.unusedIDs
    configuration.bannedSequences = ban.flatMap { loaded.tokenizer.spellings(of: $0) }
    configuration.alternativeCount = logprobs
    configuration.overflow = strictContext ? .isRefused : .slides
    return configuration
  }
}

extension TextTokenizer {
  /// The ids that `text` may be written with: those of the special token so called, or those of the
  /// text at the start of a word and within one.
  fileprivate func spellings(of text: String) -> [[TokenID]] {
    if let special = specialToken(text) { return [[special]] }
    return [encode(text), encode(" " + text)].filter { !$0.isEmpty }
  }
}
