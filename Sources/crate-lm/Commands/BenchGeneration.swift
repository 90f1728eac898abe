import ArgumentParser
import CRATELM
import TextModels

/// The speed of writing text.
struct BenchGeneration: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generation",
    abstract: "Measure the speed of writing one text, token by token.",
    discussion: """
      Always writes the most probable token. Counts the bytes of weights and of cached tokens that \
      products read, and compares their rate with a plain reading of memory in the same run. \
      Without a model it measures a new one, in which half of the activations are exactly zero.

        crate-lm bench generation run --weights int8
      """)

  @OptionGroup(title: "Model") var preset: PresetOption
  @OptionGroup(title: "Model") var shape: ModelOptions

  @Option(number: "The number of token ids of a new model.")
  var vocabulary = 50304

  @Option(
    name: [.customShort("m"), .long],
    help: """
      A model to measure, instead of a new one: a run, one of its checkpoints, or an exported \
      directory.
      """)
  var model: String?

  @Argument(help: ArgumentHelp("The model to measure, instead of --model.", valueName: "model"))
  var plain: String?

  @OptionGroup var format: WeightOptions

  @Option(number: "The number of tokens to measure.")
  var tokens = 200

  @Flag(help: "Print the time of a token in each part of the model.")
  var profile = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    try Self.require("tokens", tokens, from: 1, to: 1_000_000)
    guard model == nil || plain == nil else {
      throw ValidationError("Give the model once, plainly or with --model.")
    }
    guard !(profile && report.json) else {
      throw ValidationError("--profile is for reading; leave --json out.")
    }
  }

  func run() throws {
    let packed = try LanguageModel(
      packing: loadedModel(), as: format.weights, threads: threads.count)
    let result = try GenerationBenchmark(packed, tokens: tokens, threads: threads.count)
    let rate = result.tokensPerSecond * Double(result.bytesPerToken)
    let share = rate / result.memoryBytesPerSecond
    try report.print(
      text: """
        \(Quantity.rate(result.tokensPerSecond)) tokens/s, weights \(format.weights.rawValue)
        \(Quantity.bytes(result.bytesPerToken)) read per token, of \
        \(Quantity.bytes(result.weightBytes)) of weights
        \(Quantity.fixed(rate / 1e9, 1)) GB/s, \(Quantity.share(share)) a plain reading of \
        memory at \(Quantity.fixed(result.memoryBytesPerSecond / 1e9, 1))\
        \(share > 1 ? ": the weights lie in the processor's caches" : "")

        """ + (profile ? result.profile.map(Self.line).joined() : ""),
      json: [
        "tokens_per_second": result.tokensPerSecond, "bytes_per_token": result.bytesPerToken,
        "weight_bytes": result.weightBytes, "gbytes_per_second": rate / 1e9,
        "memory_gbytes_per_second": result.memoryBytesPerSecond / 1e9,
        "share_of_memory": share, "weights": format.weights.rawValue, "threads": threads.count,
        "parameters": packed.parameterCount,
      ])
  }

  private static func line(_ part: WorkPart, seconds: Double) -> String {
    "\(part.rawValue.padded(to: 24)) \(Quantity.fixed(1e6 * seconds, 0)) µs\n"
  }

  private func loadedModel() throws -> LanguageModel {
    if let model = model ?? plain {
      return try TextModel(model, threads: threads.count, notes: report.notes).model
    }
    return try LanguageModel(
      shape.configuration(
        preset.preset, objective: .causal, vocabularySize: vocabulary), seed: 0)
  }
}
