public import ArgumentParser
public import CRATELM
import Parallel
import SystemPackage
import TextModels

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

  /// The model at `path` with its tokenizer, as ``TextModel/init(_:weights:folding:threads:notes:)``.
  func load(_ path: String, folding: Bool = true, notes: NoteOptions) throws -> TextModel {
    try TextModel(
      path, weights: format.weights, folding: folding, threads: threads.count, notes: notes)
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
  func scorer(_ loaded: TextModel) throws -> Scorer {
    let objective = loaded.model.configuration.objective
    if let metric, objective.attention == .causal {
      throw ValidationError(
        "--metric \(metric.rawValue) is for masked models, the model is \(objective); leave it out."
      )
    }
    return try loaded.scorer(metric ?? .withinWord, threads: use.threads.count)
  }
}

extension TextModel {
  /// Reads the model at `path` and says where its tokenizer was made with another ICU; the process
  /// ends with a sentence if its mapped weights are lost while they are used.
  ///
  /// - Throws: as ``TextModel/init(at:weights:threads:)``.
  init(
    _ path: String, weights: NumberFormat = .fp32, folding: Bool = true,
    threads: Int = Workers.available, notes: NoteOptions
  ) throws {
    let stored = try StoredModel(at: FilePath(path))
    LostMapping.prepare(for: stored.weights)
    try self.init(stored, weights: weights, folding: folding, threads: threads)
    notes.noteUnicode(of: tokenizer, at: stored.run.tokenizer)
  }
}
