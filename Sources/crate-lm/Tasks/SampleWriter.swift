import CRATELM
import TextModels
import Tokenizer

/// The samples of one prompt, as they grow.
struct SampleWriter {
  /// How samples are written.
  struct Style {
    /// The samples of a prompt.
    let samples: Int
    /// Texts that end a sample.
    let stops: [String]
    /// The tokens before which they do not.
    let minimumTokens: Int
    /// Whether the prompt stands before its samples.
    let echoes: Bool
    /// Where samples go.
    let output: Output
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

  private struct Sample {
    var text: StoppableText
    var tokens: [GeneratedToken] = []
    var finishReason: FinishReason?
  }

  private var samples: [Sample]
  private let tokenizer: any TextTokenizer
  private let prompt: String
  private let number: Int
  private let style: Style

  /// A writer of the samples of prompt `number`.
  init(_ tokenizer: any TextTokenizer, prompt: String, number: Int, style: Style) {
    self.tokenizer = tokenizer
    self.prompt = prompt
    self.number = number
    self.style = style
    samples = (0..<style.samples).map { _ in
      Sample(text: StoppableText(tokenizer, isAtStart: prompt.isEmpty, stops: style.stops))
    }
  }

  var tokenCount: Int { samples.reduce(0) { $0 + $1.tokens.count } }

  /// The text of the first sample.
  var firstText: String { samples[0].text.text }

  private var streams: Bool { style.output == .stream }
  private var echo: String { style.echoes ? prompt : "" }

  /// Whether a stop text ends the sample with `token`.
  mutating func append(_ token: GeneratedToken, to sample: Int) throws -> Bool {
    if streams, samples[sample].tokens.isEmpty { try StandardOutput.write(echo) }
    samples[sample].tokens.append(token)
    if token.id == tokenizer.endOfText { return false }
    let mayStop = samples[sample].tokens.count > style.minimumTokens
    let (text, isStopped) = try samples[sample].text.append(token.id, mayStop: mayStop)
    if streams { try StandardOutput.write(text) }
    return isStopped
  }

  /// Writes what was held back, of samples that have ended for `reasons`.
  mutating func finish(_ reasons: [FinishReason?]) throws {
    for (index, reason) in reasons.enumerated() {
      samples[index].finishReason = reason
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
  var fields: [JSONFields] {
    samples.map { sample in
      let fields: JSONFields = [
        "prompt": number, "text": echo + sample.text.text, "ids": sample.tokens.map(\.id),
        "finish_reason": sample.finishReason?.rawValue,
      ]
      let judged = sample.tokens.compactMap(judgement)
      return judged.isEmpty ? fields : fields + ["logprobs": judged]
    }
  }

  /// How probable a token was, and what else might have been written; `nil` where nobody asked.
  private func judgement(_ token: GeneratedToken) -> JSONFields? {
    token.judgement.map { judgement in
      fields(token.id, judgement.logProbability) + [
        "top": judgement.alternatives.map { fields($0.id, $0.logProbability) }
      ]
    }
  }

  private func fields(_ id: TokenID, _ logProbability: Double) -> JSONFields {
    ["id": id, "token": tokenizer.written(id), "logprob": logProbability]
  }
}

/// Text that is decoded token by token and ends before the first of several stop texts.
///
/// What may be the beginning of a stop text is held back until it is known not to be one.
struct StoppableText {
  /// All text so far, without the stop text.
  private(set) var text = ""
  private var decoder: StreamingDecoder
  private var held: [UInt8] = []
  private var isStopped = false
  private let stops: [[UInt8]]

  /// Text at the start, or behind a prompt.
  init(_ tokenizer: any TextTokenizer, isAtStart: Bool, stops: [String]) {
    decoder = StreamingDecoder(tokenizer, isAtStart: isAtStart)
    self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty }
  }

  /// The text that `id` makes certain, and whether a stop text was reached, where one may be.
  mutating func append(
    _ id: TokenID, mayStop: Bool
  ) throws -> (text: String, isStopped: Bool) {
    held += Array(try decoder.append(id).utf8)
    guard mayStop else { return (release(held.count), false) }
    if let end = firstStop {
      isStopped = true
      return (release(end), true)
    }
    return (release(held.count - longestBeginning), false)
  }

  /// The text that was held back, when no more tokens come; none if a stop text was reached.
  mutating func finish() -> String {
    guard !isStopped else { return "" }
    held += Array(decoder.finish().utf8)
    return release(firstStop ?? held.count)
  }

  private mutating func release(_ count: Int) -> String {
    let released = String(decoding: held[..<count], as: UTF8.self)
    held.removeFirst(count)
    text += released
    return released
  }

  /// Where the first stop text in the held bytes begins.
  private var firstStop: Int? {
    held.indices.first { start in stops.contains { held[start...].starts(with: $0) } }
  }

  /// The length of the longest end of the held bytes that a stop text begins with.
  private var longestBeginning: Int {
    let start = held.indices.first { start in
      stops.contains { $0.starts(with: held[start...]) }
    }
    return start.map { held.count - $0 } ?? 0
  }
}
