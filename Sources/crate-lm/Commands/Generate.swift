import ArgumentParser
import CRATELM
import StrictJSON
import Tokenizer

/// Text from a model.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Continue a text.",
    discussion: """
      The text appears as it is written; with --samples above 1 or --json, when it is complete. A \
      text ends at the model's end of text, at a --stop text, or after --max-tokens.
      """)

  @Option(help: "A run, one of its checkpoints, or an exported directory.")
  var model: String

  @Option(name: [.short, .long], help: "The text to continue. (default: the start of a text)")
  var prompt = ""

  @Option(
    name: [.customShort("n"), .long, .customLong("max-new-tokens")],
    help: "The most tokens to write.")
  var maxTokens = 200

  @OptionGroup(title: "Sampling") var sampling: SamplingOptions

  @Option(help: "End before this text; may be given several times.")
  var stop: [String] = []

  @Option(help: "Texts to write.")
  var samples = 1

  @Option(help: "Decides the draws. (default: drawn, and printed)")
  var seed: Seed?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    if maxTokens < 1 { throw ValidationError("--max-tokens must be at least 1.") }
    if !(1...1024).contains(samples) { throw ValidationError("--samples must be 1 to 1024.") }
  }

  func run() throws {
    let loaded = try LoadedModel(model, quiet: report.quiet)
    try loaded.model.configuration.require(.causal)
    let sampling = try sampling.configuration()
    let seed = (seed ?? .drawn()).value
    if self.seed == nil, sampling.temperature > 0 { report.note("seed \(seed)") }
    var writer = SampleWriter(
      loaded.tokenizer, prompt: prompt, samples: samples, stops: stop,
      streams: samples == 1 && !report.json)
    let generator = try Generator(
      model: loaded.model, samples: samples, threads: threads.count)
    let clock = ContinuousClock()
    let start = clock.now
    try generator.generate(
      prompt: promptIDs(loaded.tokenizer), maximumTokens: maxTokens, sampling: sampling, seed: seed,
      excluding: loaded.unusedIDs
    ) { sample, token in
      try writer.append(token, to: sample)
    }
    try writer.finish()
    let rate = Double(writer.tokenCount) / ((clock.now - start) / .seconds(1))
    if report.json {
      try JSONOutput.print(
        .members([
          ("samples", writer.json), ("tokens_per_second", .number(rate)),
          ("seed", .integer(Int64(bitPattern: seed))),
        ]))
    } else {
      if samples > 1 { try StandardOutput.write(writer.separated) }
      if StandardError.isTerminal { report.note("\(Quantity.fixed(rate, 1)) tokens/s") }
    }
  }

  private func promptIDs(_ tokenizer: any TextTokenizer) throws -> [TokenID] {
    let ids = tokenizer.encode(prompt)
    if !ids.isEmpty { return ids }
    guard let start = tokenizer.endOfText else {
      throw ConfigurationError(
        "The prompt is empty and the tokenizer has no token to begin a text with; give --prompt.")
    }
    return [start]
  }
}
