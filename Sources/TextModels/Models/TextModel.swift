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
  /// The tokenizer of the model's ids.
  public let tokenizer: any TextTokenizer
  /// The tokens between the texts that the model learnt from.
  public let textBounds: TextBounds
  /// The identity of the tokenizer: the SHA-256 of its `tokenizer.json`.
  public let fingerprint: Fingerprint
  /// The number format of the weights in memory.
  public let weights: NumberFormat

  /// Joins a model, such as a freshly trained one, with the tokenizer of its data.
  ///
  /// - Parameters:
  ///   - model: the model, with its weights in single precision.
  ///   - tokenizer: the tokenizer.
  ///   - textBounds: the tokens between the texts that the model learnt from; `nil` for those that
  ///     the names of special tokens tell.
  public init(
    _ model: LanguageModel, tokenizer: any TextTokenizer, textBounds: TextBounds? = nil
  ) {
    self.textBounds = textBounds ?? TextBounds(namedIn: tokenizer)
    (self.model, self.tokenizer, weights) = (model, tokenizer, .fp32)
    fingerprint = Fingerprint(of: tokenizer.serialized())
  }

  /// Reads the model at `path`.
  ///
  /// - Parameters:
  ///   - path: a run, one of its checkpoints, or an exported directory.
  ///   - weights: the number format of its weights in memory.
  ///   - threads: the number of threads; `nil` for one per processor.
  /// - Throws: `FileError`, `CheckpointError`, `TokenizerError`; `DataError` if the tokenizer is
  ///   not the one of the model's training.
  public init(
    at path: FilePath, weights: NumberFormat = .fp32, threads: Int? = nil
  ) throws {
    try self.init(
      StoredModel(at: path), weights: weights, threads: Workers.count(threads))
  }

  /// Reads the model `stored`; `folding` is as in `StoredModel.load`.
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
    // Serialized again only if the file's bytes are not the ones that the model expects.
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
          "it has \(tokenizer.vocabularySize.counting("id")), the model "
            + "\(stored.model.vocabularySize)"
        ])
    }
    textBounds = stored.textBounds ?? TextBounds(namedIn: tokenizer)
    self.weights = weights
    let loaded = try loading.value.get()
    model =
      weights == .fp32
      ? loaded : try LanguageModel(packing: loaded, as: weights, threads: threads)
  }

  /// The ids without a token, which must not be written: gaps of the tokenizer, and the padding of
  /// the model's vocabulary behind the tokenizer's.
  public var unusedIDs: [TokenID] {
    let padding = TokenID(tokenizer.vocabularySize)..<TokenID(model.configuration.vocabularySize)
    return tokenizer.unusedIDs + padding
  }

  /// The roles of the tokenizer's ids in masked sequences; `nil` if the model's sequences have no
  /// special tokens around them.
  ///
  /// - Throws: `ConfigurationError` if a special token is missing.
  public func maskingVocabulary() throws -> MaskingVocabulary? {
    try model.configuration.objective.frame == .none ? nil : MaskingVocabulary(tokenizer)
  }
}

/// A value that is made on another thread.
private final class Background<Value: Sendable>: @unchecked Sendable {
  private let queue = DispatchQueue(label: "background")
  private let make: @Sendable () -> Value
  /// Used on the queue only.
  private lazy var made = make()

  /// Begins to make the value.
  init(_ make: @escaping @Sendable () -> Value) {
    self.make = make
    queue.async { [self] in _ = made }
  }

  /// The value; waits until it is made.
  var value: Value { queue.sync { made } }
}
