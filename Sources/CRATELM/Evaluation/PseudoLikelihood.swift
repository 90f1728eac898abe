/// The tokens of a text W that are hidden while a masked model scores one of them.
///
/// The pseudo-log-likelihood of a text is the sum over its tokens of log P(token | visible tokens).
/// The special tokens of the sequence are visible and not scored.
public enum PseudoLikelihood: String, CaseIterable, Sendable {
  /// The token and the later tokens of its word: Kauf and Ivanova 2023, arXiv:2305.10588, who call
  /// it within-word left-to-right. The pieces of a rare word do not give each other away.
  case withinWord = "within-word"
  /// The token alone: Salazar and others 2020, arXiv:1910.14659.
  case original

  /// The hidden indices of `ids` while the token at index `place` is scored.
  func hidden(_ ids: [Int32], at place: Int, _ vocabulary: MaskingVocabulary) -> Range<Int> {
    switch self {
    case .original: return place..<place + 1
    case .withinWord:
      var end = place + 1
      while end < ids.count, vocabulary.continuesWord(ids[end]) { end += 1 }
      return place..<end
    }
  }
}

/// The meaning of a token's score.
public enum ScoringMetric: Hashable, Sendable {
  /// A causal model's log P(token | the tokens before it).
  case logLikelihood
  /// A masked model's log P(token | the tokens around it).
  case pseudoLogLikelihood(PseudoLikelihood)

  /// A name such as "log-likelihood".
  public var name: String {
    switch self {
    case .logLikelihood: "log-likelihood"
    case .pseudoLogLikelihood(let variant): "pseudo-log-likelihood, \(variant.rawValue)"
    }
  }

  /// The score of a text as a formula.
  public var formula: String {
    switch self {
    case .logLikelihood: "Σ_t log P(w_t | w_<t)"
    case .pseudoLogLikelihood(.original): "Σ_t log P(w_t | W without w_t)"
    case .pseudoLogLikelihood(.withinWord):
      "Σ_t log P(w_t | W without w_t and the later tokens of its word)"
    }
  }
}
