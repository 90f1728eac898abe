import ArgumentParser
import CRATELM

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
