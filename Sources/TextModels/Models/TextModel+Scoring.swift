public import CRATELM
import Parallel
import Storage
public import Tokenizer

/// A token of a text with the probability that a model gives it there.
public struct ScoredToken: Hashable, Sendable {
  /// The token.
  public let id: TokenID
  /// The natural logarithm of its probability; `nil` if it has none, as the first token of a text
  /// in a causal model.
  public let logProbability: Double?
}

extension TextModel {
  /// A scorer of texts by this model.
  ///
  /// - Parameters:
  ///   - pseudoLikelihood: the tokens that a masked model does not see while it scores one.
  ///   - threads: the number of threads; `nil` for one per processor.
  /// - Returns: the scorer, which reuses its memory for texts of similar length.
  /// - Throws: `ConfigurationError` if a masked model's tokenizer lacks a special token.
  public func scorer(
    _ pseudoLikelihood: PseudoLikelihood = .withinWord, threads: Int? = nil
  ) throws -> Scorer {
    try Scorer(
      model: model, vocabulary: maskingVocabulary(), pseudoLikelihood: pseudoLikelihood,
      threads: Workers.count(threads))
  }

  /// Every token of `text` with its log-probability: by a causal model given the tokens before it,
  /// by a masked model given the tokens around it.
  ///
  /// - Throws: as ``score(_:by:)``.
  public func score(_ text: String, threads: Int? = nil) throws -> [ScoredToken] {
    try score(tokenizer.encode(text), by: scorer(threads: threads))
  }

  /// The tokens `ids` with their log-probabilities by `scorer`.
  ///
  /// - Throws: `ConfigurationError` if no token can be scored; `OutOfMemory`.
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
        "The text has \(ids.count.counting("special token")) only; expected one that can be hidden and scored."
      )
    }
  }
}
