public import Storage
import SystemPackage

/// What every `config.json` of ours says about a model: its shape, its tokenizer, where it is from.
///
/// A run that was trained says more, see ``RunConfiguration``; one that was imported says just
/// this.
public struct ModelRecord: Record, Hashable, Sendable {
  package static let formatVersion = 1

  /// The shape of the model.
  public var model: ModelConfiguration
  /// The identity of the tokenizer.
  public var tokenizer: Fingerprint
  /// Whose checkpoint was imported, and from where.
  public var source: String?

  /// A record of this version.
  public init(model: ModelConfiguration, tokenizer: Fingerprint, source: String? = nil) {
    self.model = model
    self.tokenizer = tokenizer
    self.source = source
  }

  /// Reads the record at `path`.
  ///
  /// - Throws: `FileError`, ``CheckpointError/foreign(_:reason:)``, ``ConfigurationError``.
  static func read(from path: FilePath) throws -> ModelRecord {
    try CheckpointError.owning { try RecordFile.read(ModelRecord.self, from: path) }
  }
}
