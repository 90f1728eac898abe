import CRATELM
import Files
import SystemPackage
import Tokenizer

/// A trained model with its tokenizer.
struct LoadedModel {
  let model: LanguageModel
  let tokenizer: any TextTokenizer
  /// The identity of the tokenizer.
  let fingerprint: Fingerprint
  /// How the model's weights are held.
  let weights: WeightFormat

  /// Reads the model at `path`, a run, one of its checkpoints or an exported directory, and holds
  /// its weights in a format; notes go to standard error unless `quiet`.
  ///
  /// - Throws: `FileError`, `CheckpointError`, `TokenizerError`; `DataError` where the tokenizer
  ///   is not the one the model was trained with.
  init(
    _ path: String, weights: WeightFormat = .fp32, folding: Bool = true,
    threads: Int = Workers.available, quiet: Bool
  ) throws {
    let stored = try StoredModel(at: FilePath(path))
    let (loadedTokenizer, loadedModel) = SideBySide.run(
      { try TokenizerInput.load(stored.run.tokenizer, quiet: quiet) },
      { try stored.load(threads: threads, folding: folding) })
    tokenizer = try loadedTokenizer.get()
    fingerprint = try Self.fingerprint(of: tokenizer, stored)
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
    let loaded = try loadedModel.get()
    model =
      weights == .fp32
      ? loaded : try LanguageModel(packing: loaded, as: weights, threads: threads)
  }

  /// The identity of `tokenizer`: that which the model expects where the file's bytes have it, so
  /// that they need not be written anew.
  private static func fingerprint(
    of tokenizer: any TextTokenizer, _ stored: StoredModel
  ) throws -> Fingerprint {
    let ofFile = Fingerprint(of: try FileContents.read(stored.run.tokenizer))
    return ofFile == stored.tokenizer ? ofFile : Fingerprint(of: tokenizer.serialized())
  }

  /// The ids that stand for no token, so that none may be written: gaps of the tokenizer, and what
  /// pads the model's vocabulary behind it.
  var unusedIDs: [TokenID] {
    let padding = TokenID(tokenizer.vocabularySize)..<TokenID(model.configuration.vocabularySize)
    return tokenizer.unusedIDs + padding
  }

  /// What the tokenizer says about its ids to a masked model; `nil` for a causal one.
  ///
  /// - Throws: `ConfigurationError`.
  func maskingVocabulary() throws -> MaskingVocabulary? {
    switch model.configuration.objective {
    case .causal: nil
    case .masked: try MaskingVocabulary(tokenizer)
    }
  }
}
