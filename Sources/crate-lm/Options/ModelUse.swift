public import ArgumentParser
public import CRATELM
import Parallel
import SystemPackage
import TextModels

extension NumberFormat: ExpressibleByArgument {}
extension PseudoLikelihood: ExpressibleByArgument {}

/// Any trained model, of a command that takes one: the value of `--model`, or a plain argument.
struct ModelPath: ParsableArguments {
  @Option(
    name: [.customShort("m"), .long],
    help: """
      The model: a run, one of its checkpoints, the directory of 'train', or an exported one.
      """)
  var model: String?

  @Argument(help: ArgumentHelp("The model, instead of --model.", valueName: "model"))
  var plain: String?

  func validate() throws {
    guard (model == nil) != (plain == nil) else { throw Self.expectation }
  }

  /// The path of the model.
  var path: String { model ?? plain ?? "" }

  fileprivate static let expectation = ValidationError(
    "Give the model once, plainly or with --model: a run, one of its checkpoints, the directory of "
      + "'train', or an exported one.")
}

/// Any trained model with what it is to be used on: of the arguments the first is the model, unless
/// `--model` gives it.
struct ModelWithInputs: ParsableArguments {
  @Option(
    name: [.customShort("m"), .long],
    help: """
      The model: a run, one of its checkpoints, the directory of 'train', or an exported one. \
      (default: the first argument)
      """)
  var model: String?

  @Argument(help: "The model, unless --model gives it, and then its inputs.")
  var arguments: [String]

  func validate() throws {
    guard !inputs.isEmpty else {
      throw ValidationError("Give the model and its inputs, which are missing.")
    }
  }

  /// The path of the model.
  var path: String { model ?? arguments[0] }
  /// The arguments that are not the model.
  var inputs: [String] { Array(arguments.dropFirst(model == nil ? 1 : 0)) }
  /// Refuses more inputs than one text.
  ///
  /// - Throws: `ValidationError`.
  func requireOne() throws {
    guard inputs.count == 1 else {
      throw ValidationError("Give one text; words with spaces between them belong in quotes.")
    }
  }

  /// These as paths.
  var paths: [FilePath] { inputs.map(RawBytes.path) }
}

/// Anything with weights.
struct StoredPath: ParsableArguments {
  @Argument(
    help: """
      A run, a checkpoint, the directory of 'train', an exported one, or a .safetensors or .pt file.
      """)
  var path: String
}

/// The number format of a model's weights in memory, on the command line.
struct WeightOptions: ParsableArguments {
  @Option(
    help: """
      The number format of the weights in memory: fp32, bf16 (rounded to bfloat16), or int8 (8-bit \
      integers with scales). Smaller ones write text faster.
      """)
  var weights = NumberFormat.fp32
}

/// The use of a trained model, on the command line.
struct ModelUse: ParsableArguments {
  @OptionGroup var format: WeightOptions
  @OptionGroup var threads: ThreadOptions

  /// Reads the model at `path`, as ``TextModel/init(_:weights:folding:threads:notes:)``.
  func load(_ path: String, folding: Bool = true, notes: NoteOptions) throws -> TextModel {
    try TextModel(
      path, weights: format.weights, folding: folding, threads: threads.count, notes: notes)
  }
}

/// The way a model scores text, on the command line.
struct ScoringOptions: ParsableArguments {
  @Option(
    help: """
      The tokens hidden from a masked model while it scores one: within-word, that token and the \
      later ones of its word (Kauf and Ivanova 2023); original, that token alone (Salazar and \
      others 2020). (default: within-word)
      """)
  var metric: PseudoLikelihood?

  @OptionGroup var use: ModelUse

  /// A scorer by the model `loaded`.
  ///
  /// - Throws: `ConfigurationError`; `ValidationError` if a causal model is given a metric.
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
  /// Reads the model at `path` and tells the user if its tokenizer was made with another ICU.
  ///
  /// The process ends with a sentence if its mapped weights are lost while they are used.
  ///
  /// - Throws: as ``TextModel/init(at:weights:threads:)``.
  init(
    _ path: String, weights: NumberFormat = .fp32, folding: Bool = true,
    threads: Int = Workers.available, notes: NoteOptions
  ) throws {
    let stored = try StoredModel(at: RawBytes.path(path))
    LostMapping.prepare(for: stored.weights)
    try self.init(stored, weights: weights, folding: folding, threads: threads)
    notes.noteParts(of: tokenizer, at: stored.run.tokenizer)
  }
}
