public import CRATELM
import Parallel
public import Tokenizer

/// A token of a text and how probable a model finds it there.
public struct ScoredToken: Hashable, Sendable {
  /// The token.
  public let id: TokenID
  /// The natural logarithm of its probability; `nil` for a token that has none, such as the first
  /// one of a causal model, which nothing precedes.
  public let logProbability: Double?
}

extension TextModel {
  /// What scores texts with the model.
  ///
  /// - Parameters:
  ///   - pseudoLikelihood: what a masked model does not see of a text.
  ///   - threads: the number of threads; `nil` for one per processor.
  /// - Returns: the scorer, which keeps its memory between texts of similar length.
  /// - Throws: `ConfigurationError` if a masked model's tokenizer lacks a special token.
  public func scorer(
    _ pseudoLikelihood: PseudoLikelihood = .withinWord, threads: Int? = nil
  ) throws -> Scorer {
    try Scorer(
      model: model, vocabulary: maskingVocabulary(), pseudoLikelihood: pseudoLikelihood,
      threads: threads ?? Workers.available)
  }

  /// Every token of `text` with its log-probability: of a causal model given the tokens before, of a
  /// masked one given those around.
  ///
  /// - Throws: as ``score(_:by:)``.
  public func score(_ text: String) throws -> [ScoredToken] {
    try score(tokenizer.encode(text), by: scorer())
  }

  /// The tokens `ids` with their log-probabilities by `scorer`.
  ///
  /// - Throws: `ConfigurationError` if there is no token that can be scored; `OutOfMemory`.
  public func score(_ ids: [TokenID], by scorer: Scorer) throws -> [ScoredToken] {
    guard !ids.isEmpty else {
      throw ConfigurationError("The text is empty; expected at least one token.")
    }
    let logProbabilities = try scorer.logProbabilities(of: ids)
    guard logProbabilities.contains(where: { $0 != nil }) else {
      throw Self.nothingToScore(ids, scorer.metric)
    }
    return zip(ids, logProbabilities).map { ScoredToken(id: $0, logProbability: $1) }
  }

  private static func nothingToScore(
    _ ids: [TokenID], _ metric: ScoringMetric
  ) -> ConfigurationError {
    switch metric {
    case .logLikelihood:
      ConfigurationError("The text has one token, which nothing precedes; expected at least two.")
    case .pseudoLogLikelihood:
      ConfigurationError(
        "The text has \(ids.count) special tokens only; expected one that can be hidden and scored."
      )
    }
  }
}
