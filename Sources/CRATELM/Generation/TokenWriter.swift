/// Chooses the tokens of one sample.
struct TokenWriter {
  private let configuration: GenerationConfiguration
  private var sampler: Sampler

  init(_ configuration: GenerationConfiguration, sample: Int) {
    self.configuration = configuration
    sampler = Sampler(configuration.sampling, seed: configuration.seed, sample: sample)
  }

  /// The token after `text`.
  ///
  /// - Parameters:
  ///   - logits: one for every id; used up.
  ///   - text: all ids so far.
  ///   - writtenCount: how many of them, the last ones, the sample has written.
  /// - Returns: the token, with what the model says about it where that is asked for.
  mutating func next(_ logits: Row, text: [Int32], writtenCount: Int) -> GeneratedToken {
    let before = configuration.alternativeCount.map { _ in Judge(logits) }
    for id in configuration.excluded { logits[Int(id)] = -.infinity }
    let alternatives = configuration.alternativeCount.map { logits.largest($0).prefix($0) }
    if let end = configuration.endOfText, writtenCount < configuration.minimumTokens {
      logits[Int(end)] = -.infinity
    }
    for sequence in configuration.bannedSequences {
      guard let last = sequence.last, text.ends(with: sequence.dropLast()) else { continue }
      logits[Int(last)] = -.infinity
    }
    let id = sampler.next(logits, history: text)
    return GeneratedToken(
      id: id, judgement: before?.judgement(of: id, among: (alternatives ?? []).map(\.index)))
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
