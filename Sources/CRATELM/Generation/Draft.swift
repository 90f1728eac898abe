/// The reason for the end of a text.
public enum FinishReason: String, Sendable {
  /// The text has the most tokens requested.
  case length
  /// The model generated the end of the text.
  case endOfText = "end_of_text"
  /// The stop rule returned true.
  case stop
}

/// A text in generation: its ids, its sampler and the rule for its end.
///
/// A ``BatchDecoder`` begins drafts and advances each until it ends or is removed.
public final class Draft {
  /// Called with every token, the draft's last one; returns whether the text ends with it.
  public typealias StopRule = (_ draft: Draft, _ token: GeneratedToken) throws -> Bool

  /// The number of the sample; with the seed it decides the draws.
  public let sample: Int
  /// The ids of the prompt and the generated ones, in order.
  public private(set) var ids: [Int32]
  /// The number of ids of the prompt.
  public let promptCount: Int
  /// The reason for the end of the text; `nil` before the end.
  public private(set) var finishReason: FinishReason?

  /// The slot of the decoder's cache; `nil` after the end.
  var slot: Int?
  /// Whether the slot still begins with the prompt.
  var holdsPrompt = true

  private let configuration: GenerationConfiguration
  private var sampler: Sampler
  private let stopRule: StopRule

  init(
    _ prompt: [Int32], _ configuration: GenerationConfiguration, sample: Int,
    stopRule: @escaping StopRule
  ) {
    (ids, promptCount) = (prompt, prompt.count)
    self.sample = sample
    self.configuration = configuration
    self.stopRule = stopRule
    sampler = Sampler(configuration.sampling, seed: configuration.seed, sample: sample)
  }

  /// The number of generated tokens.
  public var writtenCount: Int { ids.count - promptCount }

  /// The generated ids.
  public var writtenIDs: ArraySlice<Int32> { ids[promptCount...] }

  /// Whether the prompt is `other`.
  func continues(_ other: [Int32]) -> Bool { ids[..<promptCount] == other[...] }

  /// Chooses the next token and appends it.
  ///
  /// - Parameter logits: a logit for every id; undefined afterwards.
  /// - Returns: the token, with its judgement if requested.
  func write(_ logits: Row) -> GeneratedToken {
    let judge = configuration.alternativeCount.map { _ in Judge(logits) }
    for id in configuration.excluded { logits[Int(id)] = -.infinity }
    let alternatives = configuration.alternativeCount.map { logits.largest($0).prefix($0) }
    if writtenCount < configuration.minimumTokens {
      for end in configuration.endsOfText { logits[Int(end)] = -.infinity }
    }
    for sequence in configuration.bannedSequences {
      guard let last = sequence.last, ids.ends(with: sequence.dropLast()) else { continue }
      logits[Int(last)] = -.infinity
    }
    let id = sampler.next(logits, history: ids)
    ids.append(id)
    return GeneratedToken(
      id: id, judgement: judge?.judgement(of: id, among: (alternatives ?? []).map(\.index)))
  }

  /// Decides whether the text ends with `token`, its last one.
  ///
  /// - Throws: the errors of the stop rule.
  func settle(_ token: GeneratedToken) throws {
    if configuration.endsOfText.contains(token.id) {
      finishReason = .endOfText
    } else if writtenCount == configuration.maximumTokens {
      finishReason = .length
    }
    if try stopRule(self, token), finishReason != .endOfText { finishReason = .stop }
  }
}

/// The log-probabilities at a position, saved before bans change the logits.
private struct Judge {
  private let scores: [Float]
  private let logTotal: Double

  init(_ logits: Row) {
    logTotal = Distribution(logits).logTotal
    scores = (0..<logits.count).map { logits[$0] }
  }

  func judgement(of id: Int32, among alternatives: [Int32]) -> GeneratedToken.Judgement {
    GeneratedToken.Judgement(
      logProbability: logProbability(id),
      alternatives: alternatives.map {
        GeneratedToken.Alternative(id: $0, logProbability: logProbability($0))
      })
  }

  private func logProbability(_ id: Int32) -> Double { Double(scores[Int(id)]) - logTotal }
}

extension [Int32] {
  fileprivate func ends(with end: ArraySlice<Int32>) -> Bool {
    suffix(end.count) == end
  }
}
