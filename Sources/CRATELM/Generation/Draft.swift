/// Why a text ended.
public enum FinishReason: String, Sendable {
  /// It has as many tokens as were asked for.
  case length
  /// The model wrote the end of the text.
  case endOfText = "end_of_text"
  /// Its stop rule said so.
  case stop
}

/// A text that is being written: its ids, how the next one is chosen, and when it ends.
///
/// A ``BatchDecoder`` begins drafts and takes them on, each until it ends or is removed.
public final class Draft {
  /// Told of every token, which the draft has by then; says whether the text ends with it.
  public typealias StopRule = (_ draft: Draft, _ token: GeneratedToken) throws -> Bool

  /// The number of the sample: with the seed it decides the draws.
  public let sample: Int
  /// The ids of the prompt and those written, in order.
  public private(set) var ids: [Int32]
  /// The number of ids that are the prompt's.
  public let promptCount: Int
  /// Why the text ended; `nil` if it did not.
  public private(set) var finishReason: FinishReason?

  /// Where the decoder keeps what the model has seen of the text; `nil` if it does not any more.
  var slot: Int?
  /// Whether the slot begins with the prompt, as it was read at first.
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

  /// The number of tokens written.
  public var writtenCount: Int { ids.count - promptCount }

  /// The ids written.
  public var writtenIDs: ArraySlice<Int32> { ids[promptCount...] }

  /// Whether the prompt is `other`.
  func continues(_ other: [Int32]) -> Bool { ids[..<promptCount] == other[...] }

  /// Chooses the next token and appends it.
  ///
  /// - Parameter logits: one for every id; used up.
  /// - Returns: the token, with what the model says about it if that is asked for.
  func write(_ logits: Row) -> GeneratedToken {
    let judge = configuration.alternativeCount.map { _ in Judge(logits) }
    for id in configuration.excluded { logits[Int(id)] = -.infinity }
    let alternatives = configuration.alternativeCount.map { logits.largest($0).prefix($0) }
    if let end = configuration.endOfText, writtenCount < configuration.minimumTokens {
      logits[Int(end)] = -.infinity
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
  /// - Throws: what the stop rule throws.
  func settle(_ token: GeneratedToken) throws {
    if token.id == configuration.endOfText {
      finishReason = .endOfText
    } else if writtenCount == configuration.maximumTokens {
      finishReason = .length
    }
    if try stopRule(self, token), finishReason != .endOfText { finishReason = .stop }
  }
}

/// The probabilities of a place before anything is drawn.
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
