public import ArgumentParser
public import CRATELM

extension PseudoLikelihood: ExpressibleByArgument {}

/// How a model scores text, on the command line.
struct ScoringOptions: ParsableArguments {
  @Option(
    help: """
      What a masked model does not see when it is asked for a token: within-word, the token and the \
      later ones of its word (Kauf and Ivanova 2023); original, the token alone (Salazar and others \
      2020). (default: within-word)
      """)
  var metric: PseudoLikelihood?

  @OptionGroup var format: WeightOptions
  @OptionGroup var threads: ThreadOptions

  /// What scores with the model `loaded`.
  ///
  /// - Throws: `ConfigurationError`; `ValidationError` where a causal model is given a metric.
  func scorer(_ loaded: LoadedModel) throws -> Scorer {
    let objective = loaded.model.configuration.objective
    if let metric, objective.attention == .causal {
      throw ValidationError(
        "--metric \(metric.rawValue) is for masked models, the model is \(objective); leave it out."
      )
    }
    return try Scorer(
      model: loaded.model, vocabulary: loaded.maskingVocabulary(),
      pseudoLikelihood: metric ?? .withinWord, threads: threads.count)
  }
}
