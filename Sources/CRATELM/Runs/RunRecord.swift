public import Storage
import SystemPackage

/// What the `config.json` of a run says: its model, the tokenizer of that, and where both are from.
public struct RunRecord: Record, Hashable, Sendable {
  /// Since version 2 a record says in which order gradients are added.
  package static let formatVersion = 2
  package static let oldestVersion = 1

  /// The shape of the model.
  public var model: ModelConfiguration
  /// The identity of the tokenizer.
  public var tokenizer: Fingerprint
  /// Whose checkpoint was imported, and from where.
  public var source: String?
  /// How the model is trained; `nil` for a model that was imported or exported.
  public var training: TrainingRecord?

  /// A record of this version.
  public init(
    model: ModelConfiguration, tokenizer: Fingerprint, source: String? = nil,
    training: TrainingRecord? = nil
  ) {
    self.model = model
    self.tokenizer = tokenizer
    self.source = source
    self.training = training
  }

  private enum CodingKeys: CodingKey {
    case model, tokenizer, source, training
  }

  /// Reads a record, in which the members of ``TrainingRecord`` stand beside the others.
  ///
  /// - Parameter decoder: where it is stored.
  /// - Throws: `DecodingError`, ``ConfigurationError``.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    model = try values.decode(ModelConfiguration.self, forKey: .model)
    tokenizer = try values.decode(Fingerprint.self, forKey: .tokenizer)
    source = try values.decodeIfPresent(String.self, forKey: .source)
    training = values.contains(.training) ? try TrainingRecord(from: decoder) : nil
  }

  /// Writes a record likewise.
  ///
  /// - Parameter encoder: where to.
  /// - Throws: what the encoder throws.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(model, forKey: .model)
    try values.encode(tokenizer, forKey: .tokenizer)
    try values.encodeIfPresent(source, forKey: .source)
    try training?.encode(to: encoder)
  }

  /// Reads the record of the run at `directory`.
  ///
  /// - Throws: `FileError`, ``CheckpointError``, ``ConfigurationError``.
  public static func read(from directory: RunDirectory) throws -> RunRecord {
    try CheckpointError.owning {
      try RecordFile.read(RunRecord.self, from: directory.configuration)
    }
  }

  /// Writes the record into the run at `directory`.
  ///
  /// - Throws: `FileError`.
  package func write(to directory: RunDirectory) throws {
    try FileContents.write(RecordFile.bytes(of: self), to: directory.configuration)
  }
}
