import CRATELM
import StrictJSON
import Tokenizer

/// The samples of one call, as they grow.
struct SampleWriter {
  private enum FinishReason: String {
    case length, stop
    case endOfText = "end_of_text"
  }

  private struct Sample {
    var text: StoppableText
    var ids: [TokenID] = []
    var finishReason = FinishReason.length
  }

  private var samples: [Sample]
  private let prompt: String
  private let endOfText: TokenID?
  private let streams: Bool

  /// Streaming samples are written as they come, the prompt before the first token.
  init(
    _ tokenizer: any TextTokenizer, prompt: String, samples: Int, stops: [String], streams: Bool
  ) {
    self.prompt = prompt
    self.samples = (0..<samples).map { _ in
      Sample(text: StoppableText(tokenizer, isAtStart: prompt.isEmpty, stops: stops))
    }
    endOfText = tokenizer.endOfText
    self.streams = streams
  }

  var tokenCount: Int { samples.reduce(0) { $0 + $1.ids.count } }

  mutating func append(_ token: TokenID, to sample: Int) throws -> Generator.Decision {
    if streams, samples[sample].ids.isEmpty { try StandardOutput.write(prompt) }
    samples[sample].ids.append(token)
    if token == endOfText {
      samples[sample].finishReason = .endOfText
      return .stop
    }
    let (text, isStopped) = try samples[sample].text.append(token)
    if streams { try StandardOutput.write(text) }
    guard isStopped else { return .goOn }
    samples[sample].finishReason = .stop
    return .stop
  }

  mutating func finish() throws {
    for index in samples.indices where samples[index].finishReason != .stop {
      let rest = samples[index].text.finish()
      if streams { try StandardOutput.write(rest) }
    }
    if streams { try StandardOutput.write("\n") }
  }

  /// All samples, each under a line with its number.
  var separated: String {
    samples.enumerated().map { index, sample in
      "--- \(index + 1)\n\(prompt)\(sample.text.text)\n"
    }.joined()
  }

  var json: JSONValue {
    .array(
      samples.map { sample in
        .members([
          ("text", .string(sample.text.text)), ("ids", .ids(sample.ids)),
          ("finish_reason", .string(sample.finishReason.rawValue)),
        ])
      })
  }
}
