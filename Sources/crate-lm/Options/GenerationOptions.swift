import ArgumentParser
import CRATELM
import TextModels
import Tokenizer

/// The texts to continue, on the command line.
struct PromptOptions: ParsableArguments {
  @Option(name: [.short, .long], help: "The text to continue. (default: the start of a text)")
  var prompt: String?

  @Option(
    name: [.customShort("f"), .long],
    help: """
      A file that holds the text to continue, or - for standard input; its final newline is left \
      out. In a .jsonl file every line holds a text. Both may be compressed (.gz, .zst).
      """)
  var promptFile: String?

  @Option(help: "The field of a .jsonl line that holds its text.")
  var textField = "prompt"

  @Flag(
    help: """
      Continue every line that is typed, until the end of standard input. An empty line continues \
      the last text; Ctrl-C ends a text.
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
    let path = RawBytes.path(promptFile)
    var form = TextForm()
    form.textField = textField
    let isPlain = try DocumentSource(inputs: [path]).files.allSatisfy { $0.layout != .jsonl }
    if isPlain { form.layout = .text }
    let source = try DocumentSource(inputs: [path], form: form)
    try source.forEachChunk { chunk in
      bytes += chunk.bytes
      guard chunk.isLast else { return }
      if isPlain, bytes.last == UInt8(ascii: "\n") {
        bytes.removeLast()
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
      }
      texts.append(String(decoding: bytes, as: UTF8.self))
      bytes.removeAll()
    }
    guard !texts.isEmpty else { throw InputError.noExamples([path], expected: "prompts") }
    return texts
  }
}

/// The extent of the text after a prompt, on the command line.
struct WritingOptions: ParsableArguments {
  @Option(
    name: [.customShort("n"), .long, .customLong("max-new-tokens"), .customLong("predict")],
    number: "The most tokens to write.")
  var maxTokens = 200

  @Option(
    number: "The fewest tokens to write; until then neither the end of a text nor --stop ends it.")
  var minTokens = 0

  @Option(help: "A stop sequence: a text ends before it. May be given several times.")
  var stop: [String] = []

  @Option(
    help: """
      A text never to write, with or without a space before it, or the name of a special token. \
      May be given several times.
      """)
  var ban: [String] = []

  @Option(number: "The number of texts to write for each prompt.")
  var samples = 1

  @Option(
    number: """
      With --json, also print each token's log-probability and this many likeliest alternatives, 0 \
      to 1000, as the model gives them before any sampling option.
      """)
  var logprobs: Int?

  @Flag(
    help: """
      Refuse a prompt that with --max-tokens would outgrow the model's context, instead of \
      forgetting its earlier half and saying so.
      """)
  var strictContext = false

  @Flag(
    inversion: .prefixedNo,
    help: "Print the prompt before the text. (default: unless --json or --interactive)")
  var echo: Bool?

  func validate() throws {
    try Self.require("max-tokens", maxTokens, from: 1)
    try Self.require(
      "min-tokens", minTokens, from: 0, to: maxTokens, remark: ", the value of --max-tokens")
    try Self.require("samples", samples, from: 1, to: 1024)
    try Self.require("logprobs", logprobs, from: 0, to: 1000)
    if ban.contains(where: \.isEmpty) { throw ValidationError("--ban is empty; expected a text.") }
  }

  /// The options for a writer.
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

/// The distribution that tokens are drawn from, on the command line.
struct SamplingOptions: ParsableArguments {
  @Option(
    name: [.long, .customLong("temp")],
    number: """
      Divide the logits by this: below 1 is safer, above 1 bolder, 0 always the most probable token.
      """)
  var temperature: Float = 0.8

  @Option(number: "Draw only from this many most probable tokens; 0 is all. (default: all)")
  var topK: Int?

  @Option(
    number: """
      Draw only from the most probable tokens that together reach this probability, above 0 and at \
      most 1. (default: all)
      """)
  var topP: Double?

  @Option(
    number: """
      Draw only from tokens at least this times as probable as the likeliest, 0 to 1. (default: all)
      """)
  var minP: Double?

  @Option(number: "Above 1, make tokens that are already in the text less likely.")
  var repetitionPenalty: Float = 1

  func configuration() throws -> SamplingConfiguration {
    try SamplingConfiguration(
      repetitionPenalty: repetitionPenalty, temperature: temperature, topK: topK == 0 ? nil : topK,
      topP: topP,
      minP: minP)
  }
}
