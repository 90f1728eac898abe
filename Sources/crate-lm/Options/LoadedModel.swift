import CRATELM
import SystemPackage
import Tokenizer

/// A trained model with its tokenizer.
struct LoadedModel {
  let model: LanguageModel
  let tokenizer: any TextTokenizer
  /// The identity of the tokenizer.
  let fingerprint: Fingerprint

  /// Reads the model at `path`, a run, one of its checkpoints or an exported directory; notes go to
  /// standard error unless `quiet`.
  ///
  /// - Throws: `FileError`, `CheckpointError`, `TokenizerError`; `DataError` where the tokenizer
  ///   is not the one the model was trained with.
  init(_ path: String, quiet: Bool) throws {
    let stored = try StoredModel(at: FilePath(path))
    tokenizer = try TokenizerInput.parse(
      stored.tokenizerFile(), path: stored.run.tokenizer, quiet: quiet)
    fingerprint = Fingerprint(of: tokenizer.serialized())
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
    model = try stored.load()
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
