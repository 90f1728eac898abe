import CRATELM
import Dispatch
import Parallel
import Storage
import SystemPackage
import Tokenizer

/// A trained model with its tokenizer.
struct LoadedModel {
  let model: LanguageModel
  let tokenizer: any TextTokenizer
  /// The identity of the tokenizer.
  let fingerprint: Fingerprint
  /// How the model's weights are held.
  let weights: NumberFormat

  /// Reads the model at `path`, a run, one of its checkpoints or an exported directory, and holds
  /// its weights in a format; notes go to standard error unless `quiet`.
  ///
  /// - Throws: `FileError`, `CheckpointError`, `TokenizerError`; `DataError` where the tokenizer
  ///   is not the one the model was trained with.
  init(
    _ path: String, weights: NumberFormat = .fp32, folding: Bool = true,
    threads: Int = Workers.available, quiet: Bool
  ) throws {
    let stored = try StoredModel(at: FilePath(path))
    LostMapping.prepare(for: stored.weights)
    let loading = Background {
      Result { try stored.load(threads: threads, folding: folding) }
    }
    let file = try stored.tokenizerFile()
    tokenizer = try TokenizerInput.parse(file, path: stored.run.tokenizer, quiet: quiet)
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
  var unusedIDs: [TokenID] {
    let padding = TokenID(tokenizer.vocabularySize)..<TokenID(model.configuration.vocabularySize)
    return tokenizer.unusedIDs + padding
  }

  /// What the tokenizer says about its ids to a masked model; `nil` for a model whose sequences have
  /// no special tokens.
  ///
  /// - Throws: `ConfigurationError`.
  func maskingVocabulary() throws -> MaskingVocabulary? {
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
