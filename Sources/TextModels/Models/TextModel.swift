public import CRATELM
import Dispatch
import Parallel
public import Storage
public import SystemPackage
public import Tokenizer

/// A trained model with its tokenizer: text on both sides.
public struct TextModel: Sendable {
  /// The model.
  public let model: LanguageModel
  /// The tokenizer whose ids the model knows.
  public let tokenizer: any TextTokenizer
  /// The identity of the tokenizer.
  public let fingerprint: Fingerprint
  /// How the model's weights are held.
  public let weights: NumberFormat

  /// A model, such as one that was trained just now, with the tokenizer of its data.
  ///
  /// - Parameters:
  ///   - model: the model, with its weights in single precision.
  ///   - tokenizer: the tokenizer.
  public init(_ model: LanguageModel, tokenizer: any TextTokenizer) {
    (self.model, self.tokenizer, weights) = (model, tokenizer, .fp32)
    fingerprint = Fingerprint(of: tokenizer.serialized())
  }

  /// Reads the model at `path`.
  ///
  /// - Parameters:
  ///   - path: a run, one of its checkpoints, or an exported directory.
  ///   - weights: how its weights are to be held.
  ///   - threads: the number of threads; `nil` for one per processor.
  /// - Throws: `FileError`, `CheckpointError`, `TokenizerError`; `DataError` if the tokenizer is not
  ///   the one that the model was trained with.
  public init(
    at path: FilePath, weights: NumberFormat = .fp32, threads: Int? = nil
  ) throws {
    try self.init(
      StoredModel(at: path), weights: weights, threads: threads ?? Workers.available)
  }

  /// Reads the model `stored`; `folding` is as that of `StoredModel.load`.
  ///
  /// - Throws: as ``init(at:weights:threads:)``.
  package init(
    _ stored: StoredModel, weights: NumberFormat = .fp32, folding: Bool = true, threads: Int
  ) throws {
    let loading = Background {
      Result { try stored.load(threads: threads, folding: folding) }
    }
    let file = try stored.tokenizerFile()
    tokenizer = try TokenizerFile.parse(file, path: stored.run.tokenizer.string)
    // The bytes that the model expects need not be written anew to be known.
    let ofFile = Fingerprint(of: file)
    fingerprint =
      ofFile == stored.tokenizer ? ofFile : Fingerprint(of: tokenizer.serialized())
    if let expected = stored.tokenizer, fingerprint != expected {
      throw DataError.foreignTokenizer(
        stored.run.tokenizer, expected: expected, found: fingerprint)
    }
    guard tokenizer.vocabularySize <= stored.model.vocabularySize else {
      throw CheckpointError.mismatch(
        stored.run.tokenizer,
        problems: [
          "it has \(tokenizer.vocabularySize) ids, the model \(stored.model.vocabularySize)"
        ])
    }
    self.weights = weights
    let loaded = try loading.value.get()
    model =
      weights == .fp32
      ? loaded : try LanguageModel(packing: loaded, as: weights, threads: threads)
  }

  /// The ids that stand for no token, so that none may be written: gaps of the tokenizer, and what
  /// pads the model's vocabulary behind it.
  public var unusedIDs: [TokenID] {
    let padding = TokenID(tokenizer.vocabularySize)..<TokenID(model.configuration.vocabularySize)
    return tokenizer.unusedIDs + padding
  }

  /// What the tokenizer says about its ids to a masked model; `nil` for a model whose sequences have
  /// no special tokens.
  ///
  /// - Throws: `ConfigurationError` if a special token is missing.
  public func maskingVocabulary() throws -> MaskingVocabulary? {
    try model.configuration.objective.frame == .none ? nil : MaskingVocabulary(tokenizer)
  }
}

/// A value that another thread makes while this one goes on.
private final class Background<Value: Sendable>: @unchecked Sendable {
  private let queue = DispatchQueue(label: "background")
  private let make: @Sendable () -> Value
  /// Touched on the queue only.
  private lazy var made = make()

  /// Begins to make the value.
  init(_ make: @escaping @Sendable () -> Value) {
    self.make = make
    queue.async { [self] in _ = made }
  }

  /// The value, waited for until it is made.
  var value: Value { queue.sync { made } }
}
