import CRATELM
import SystemPackage
import Tokenizer

/// A trained model with its tokenizer.
struct LoadedModel {
  let model: LanguageModel
  let tokenizer: any TextTokenizer
  /// The identity of the tokenizer.
  let fingerprint: Fingerprint

  /// Reads the model at `path`, a run or one of its checkpoints; notes go to standard error unless
  /// `quiet`.
  ///
  /// - Throws: `FileError`, `CheckpointError`, `TokenizerError`; `DataError` where the tokenizer
  ///   is not the one the model was trained with.
  init(_ path: String, quiet: Bool) throws {
    let stored = try StoredModel(at: FilePath(path))
    tokenizer = try TokenizerInput.load(stored.run.tokenizer, quiet: quiet)
    fingerprint = Fingerprint(of: tokenizer.serialized())
    guard fingerprint == stored.configuration.tokenizer else {
      throw DataError.foreignTokenizer(
        stored.run.tokenizer, expected: stored.configuration.tokenizer, found: fingerprint)
    }
    model = try stored.load()
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
