public import ArgumentParser
public import CRATELM

extension NumberFormat: ExpressibleByArgument {}
extension PseudoLikelihood: ExpressibleByArgument {}

/// Any trained model.
struct ModelPath: ParsableArguments {
  @Option(help: "A run, one of its checkpoints, or an exported directory.")
  var model: String
}

/// Anything with weights.
struct StoredPath: ParsableArguments {
  @Argument(help: "A run, a checkpoint, an exported directory, or a .safetensors or .pt file.")
  var path: String
}

/// How a model's weights are held while it is used, on the command line.
struct WeightOptions: ParsableArguments {
  @Option(
    help: """
      Hold the weights as they are (fp32), rounded to bfloat16 (bf16), or as 8-bit whole numbers \
      with a scale for each row (int8).
      """)
  var weights = NumberFormat.fp32
}

/// How a trained model is used, on the command line.
struct ModelUse: ParsableArguments {
  @OptionGroup var format: WeightOptions
  @OptionGroup var threads: ThreadOptions

  /// The model at `path` with its tokenizer, as
  /// ``LoadedModel/init(_:weights:folding:threads:quiet:)``.
  func load(_ path: String, folding: Bool = true, quiet: Bool) throws -> LoadedModel {
    try LoadedModel(
      path, weights: format.weights, folding: folding, threads: threads.count, quiet: quiet)
  }
}

/// How a model scores text, on the command line.
struct ScoringOptions: ParsableArguments {
  @Option(
    help: """
      What a masked model does not see when it is asked for a token: within-word, the token and the \
      later ones of its word (Kauf and Ivanova 2023); original, the token alone (Salazar and others \
      2020). (default: within-word)
      """)
  var metric: PseudoLikelihood?

  @OptionGroup var use: ModelUse

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
      pseudoLikelihood: metric ?? .withinWord, threads: use.threads.count)
  }
}
