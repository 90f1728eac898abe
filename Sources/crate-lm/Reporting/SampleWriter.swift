import CRATELM
import Storage
import Tokenizer

/// The samples of one prompt, as they grow.
struct SampleWriter {
  /// How samples are written.
  struct Style {
    /// Texts that end a sample.
    var stops: [String] = []
    /// The tokens before which they do not.
    var minimumTokens = 0
    /// Whether the prompt stands before its samples.
    var echoes = true
    /// Where samples go.
    var output = Output.stream
  }

  /// Where samples go.
  enum Output {
    /// To standard output, as they grow.
    case stream
    /// To standard output, each whole and under a line with its number.
    case numbered
    /// Nowhere; what they are is asked for.
    case none
  }

  private enum FinishReason: String {
    case length, stop
    case endOfText = "end_of_text"
  }

  private struct Sample {
    var text: StoppableText
    var tokens: [GeneratedToken] = []
    var finishReason = FinishReason.length
  }

  private var samples: [Sample]
  private let tokenizer: any TextTokenizer
  private let prompt: String
  private let number: Int
  private let style: Style

  /// Writers of `samples` samples of prompt `number`.
  init(
    _ tokenizer: any TextTokenizer, prompt: String, number: Int, samples: Int, style: Style
  ) {
    self.tokenizer = tokenizer
    self.prompt = prompt
    self.number = number
    self.style = style
    self.samples = (0..<samples).map { _ in
      Sample(text: StoppableText(tokenizer, isAtStart: prompt.isEmpty, stops: style.stops))
    }
  }

  var tokenCount: Int { samples.reduce(0) { $0 + $1.tokens.count } }

  /// The text of the first sample.
  var firstText: String { samples[0].text.text }

  private var streams: Bool { style.output == .stream }
  private var echo: String { style.echoes ? prompt : "" }

  mutating func append(_ token: GeneratedToken, to sample: Int) throws -> Generator.Decision {
    if streams, samples[sample].tokens.isEmpty { try StandardOutput.write(echo) }
    samples[sample].tokens.append(token)
    if token.id == tokenizer.endOfText {
      samples[sample].finishReason = .endOfText
      return .stop
    }
    let mayStop = samples[sample].tokens.count > style.minimumTokens
    let (text, isStopped) = try samples[sample].text.append(token.id, mayStop: mayStop)
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
    switch style.output {
    case .stream: try StandardOutput.write("\n")
    case .numbered:
      for (index, sample) in samples.enumerated() {
        let place = number * samples.count + index + 1
        try StandardOutput.write("--- \(place)\n\(echo)\(sample.text.text)\n")
      }
    case .none: break
    }
  }

  /// What every sample is.
  var json: [JSONValue] {
    samples.map { sample in
      var members: [(key: String, value: JSONValue)] = [
        ("prompt", .count(number)), ("text", .string(echo + sample.text.text)),
        ("ids", .ids(sample.tokens.map(\.id))),
        ("finish_reason", .string(sample.finishReason.rawValue)),
      ]
      let judged = sample.tokens.compactMap(json)
      if !judged.isEmpty { members.append(("logprobs", .array(judged))) }
      return .members(members)
    }
  }

  /// How probable a token was, and what else might have been written; `nil` where nobody asked.
  private func json(_ token: GeneratedToken) -> JSONValue? {
    guard let judgement = token.judgement else { return nil }
    let top = judgement.alternatives.map { JSONValue.members(members($0.id, $0.logProbability)) }
    return .members(members(token.id, judgement.logProbability) + [("top", .array(top))])
  }

  private func members(
    _ id: TokenID, _ logProbability: Double
  ) -> [(key: String, value: JSONValue)] {
    [
      ("id", .count(Int(id))),
      ("token", .string(String(decoding: tokenizer.bytes(of: id) ?? [], as: UTF8.self))),
      ("logprob", .number(logProbability)),
    ]
  }
}
