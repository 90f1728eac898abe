import ArgumentParser
import CRATELM
import TextModels
import Tokenizer

/// The texts that are to be continued, on the command line.
struct PromptOptions: ParsableArguments {
  @Option(name: [.short, .long], help: "The text to continue. (default: the start of a text)")
  var prompt: String?

  @Option(
    name: [.customShort("f"), .long],
    help: """
      A file with the text to continue, or - for standard input; a new line at its end is left out. \
      Every line of a .jsonl file holds a text; either may end in .gz or .zst.
      """)
  var promptFile: String?

  @Option(help: "The field of a .jsonl line that holds its text.")
  var textField = "prompt"

  @Flag(
    help: """
      Continue what is typed, line by line, until the end of standard input; an empty line goes on \
      with the last text, Ctrl-C ends one.
      """)
  var interactive = false

  func validate() throws {
    let given = [prompt != nil, promptFile != nil, interactive].count { $0 }
    guard given <= 1 else {
      throw ValidationError("Give one of --prompt, --prompt-file and --interactive.")
    }
  }

  /// All texts in order.
  ///
  /// - Throws: `FileError`, ``InputError``.
  func texts() throws -> [String] {
    guard let promptFile else { return [prompt ?? ""] }
    var texts: [String] = []
    var bytes: [UInt8] = []
    let source = try DocumentSource(inputs: [promptFile], textField: textField)
    let isPlain = source.files.allSatisfy { $0.layout == .plain }
    try source.forEachChunk { chunk in
      bytes += chunk.bytes
      guard chunk.isLast else { return }
      if isPlain, bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
      texts.append(String(decoding: bytes, as: UTF8.self))
      bytes.removeAll()
    }
    guard !texts.isEmpty else { throw InputError.noExamples([promptFile], expected: "prompts") }
    return texts
  }
}

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
    try Self.require("max-tokens", maxTokens, from: 1)
    try Self.require(
      "min-tokens", minTokens, from: 0, to: maxTokens, remark: ", the value of --max-tokens")
    try Self.require("samples", samples, from: 1, to: 1024)
    try Self.require("logprobs", logprobs, from: 0, to: 1000)
    if ban.contains(where: \.isEmpty) { throw ValidationError("--ban is empty; expected a text.") }
  }

  /// What the options ask for.
  func options(sampling: SamplingConfiguration, seed: UInt64) -> CompletionOptions {
    var options = CompletionOptions(sampling: sampling, seed: seed)
    options.maximumTokens = maxTokens
    options.minimumTokens = minTokens
    options.stops = stop
    options.bans = ban
    options.alternativeCount = logprobs
    options.overflow = strictContext ? .isRefused : .slides
    return options
  }
}

/// How tokens are drawn, on the command line.
struct SamplingOptions: ParsableArguments {
  @Option(
    name: [.long, .customLong("temp")],
    help: "Divides the logits: below 1 safer, above 1 bolder, 0 always the most probable token.")
  var temperature: Float = 0.8

  @Option(help: "Keep only this many of the most probable tokens. (default: all)")
  var topK: Int?

  @Option(help: "Keep only the most probable tokens that together reach this. (default: all)")
  var topP: Double?

  @Option(
    help: "Keep only tokens at least this times as probable as the likeliest. (default: all)")
  var minP: Double?

  @Option(help: "Makes tokens already in the text less likely where above 1.")
  var repetitionPenalty: Float = 1

  func configuration() throws -> SamplingConfiguration {
    try SamplingConfiguration(
      repetitionPenalty: repetitionPenalty, temperature: temperature, topK: topK, topP: topP,
      minP: minP)
  }
}
