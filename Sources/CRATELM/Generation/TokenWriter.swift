/// Chooses the tokens of one sample.
struct TokenWriter {
  private let configuration: GenerationConfiguration
  private var sampler: Sampler

  init(_ configuration: GenerationConfiguration, sample: Int) {
    self.configuration = configuration
    sampler = Sampler(configuration.sampling, seed: configuration.seed, sample: sample)
  }

  /// The token after `text`, of which the sample has written the last `writtenCount` tokens.
  ///
  /// - Parameter logits: one for every id; used up.
  mutating func next(_ logits: Row, text: [Int32], writtenCount: Int) -> GeneratedToken {
    for id in configuration.excluded { logits[Int(id)] = -.infinity }
    let judge = configuration.alternativeCount.map { Judge(logits, alternatives: $0) }
    if let end = configuration.endOfText, writtenCount < configuration.minimumTokens {
      logits[Int(end)] = -.infinity
    }
    for sequence in configuration.bannedSequences {
      guard let last = sequence.last, text.ends(with: sequence.dropLast()) else { continue }
      logits[Int(last)] = -.infinity
    }
    let id = sampler.next(logits, history: text)
    return GeneratedToken(id: id, judgement: judge?.judgement(of: id))
  }
}

/// The probabilities of a place before anything is drawn.
private struct Judge {
  private let scores: [Float]
  private let logTotal: Double
  private let alternatives: [GeneratedToken.Alternative]

  init(_ logits: Row, alternatives count: Int) {
    let largest = logits.maximum
    let logTotal = Double(largest) + Double(logits.sumOfExponentials(minus: largest).logarithm)
    self.logTotal = logTotal
    scores = (0..<logits.count).map { logits[$0] }
    alternatives =
      count == 0
      ? []
      : logits.largest(count).prefix(count).map {
        GeneratedToken.Alternative(id: $0.index, logProbability: Double($0.value) - logTotal)
      }
  }

  func judgement(of id: Int32) -> GeneratedToken.Judgement {
    GeneratedToken.Judgement(
      logProbability: Double(scores[Int(id)]) - logTotal, alternatives: alternatives)
  }
}

extension [Int32] {
  fileprivate func ends(with end: ArraySlice<Int32>) -> Bool {
    suffix(end.count) == end
  }
}
