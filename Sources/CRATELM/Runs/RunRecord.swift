public import Storage
public import SystemPackage

/// The content of a run's `config.json`: its model, the model's tokenizer and the origin of both.
public struct RunRecord: Record, Hashable, Sendable {
  /// The version; records from 2 on state the order in which gradients are added, those from 3 on
  /// may have seconds between checkpoints, or no interval at all, those from 4 on another optimiser
  /// of matrices, another decay than a cosine, dropout, and weights that were not drawn, and those
  /// from 5 on state the tokens between texts.
  package static let formatVersion = 5
  package static let oldestVersion = 1

  /// The shape of the model.
  public var model: ModelConfiguration
  /// The identity of the tokenizer.
  public var tokenizer: Fingerprint
  /// The tokens between the texts that the model learnt from; `nil` if it does
  /// not say, as before version 5: then the names of special tokens tell.
  public var textBounds: TextBounds?
  /// The origin of an imported checkpoint.
  public var source: String?
  /// The plan and conditions of training; `nil` for an imported or exported model.
  public var training: TrainingRecord?

  /// A record of this version.
  public init(
    model: ModelConfiguration, tokenizer: Fingerprint, textBounds: TextBounds? = nil,
    source: String? = nil, training: TrainingRecord? = nil
  ) {
    self.model = model
    self.tokenizer = tokenizer
    self.textBounds = textBounds
    self.source = source
    self.training = training
  }

  private enum CodingKeys: CodingKey {
    case model, tokenizer, textBounds, source, training
  }

  /// Decodes a record; the members of ``TrainingRecord`` stand beside the others.
  ///
  /// - Parameter decoder: the decoder of the record.
  /// - Throws: `DecodingError`, ``ConfigurationError``.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    model = try values.decode(ModelConfiguration.self, forKey: .model)
    tokenizer = try values.decode(Fingerprint.self, forKey: .tokenizer)
    textBounds = try values.decodeIfPresent(TextBounds.self, forKey: .textBounds)
    guard textBounds?.fits(vocabularySize: model.vocabularySize) ?? true else {
      throw DecodingError.dataCorruptedError(
        forKey: .textBounds, in: values, debugDescription: "ids beyond the vocabulary")
    }
    source = try values.decodeIfPresent(String.self, forKey: .source)
    training = values.contains(.training) ? try TrainingRecord(from: decoder) : nil
  }

  /// Encodes the record in the same form.
  ///
  /// - Parameter encoder: the encoder.
  /// - Throws: the encoder's errors.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(model, forKey: .model)
    try values.encode(tokenizer, forKey: .tokenizer)
    try values.encodeIfPresent(textBounds, forKey: .textBounds)
    try values.encodeIfPresent(source, forKey: .source)
    try training?.encode(to: encoder)
  }

  /// Reads the record of the run at `directory`.
  ///
  /// - Throws: `FileError`, ``CheckpointError``, ``ConfigurationError``.
  public static func read(from directory: RunDirectory) throws -> RunRecord {
    try read(at: directory.configuration)
  }

  /// Reads the record in the file at `path`.
  ///
  /// - Throws: `FileError`, ``CheckpointError``, ``ConfigurationError``.
  public static func read(at path: FilePath) throws -> RunRecord {
    try CheckpointError.owning { try RecordFile.read(RunRecord.self, from: path) }
  }

  /// Writes the record into the run at `directory`.
  ///
  /// - Throws: `FileError`.
  package func write(to directory: RunDirectory) throws {
    try FileContents.write(RecordFile.bytes(of: self), to: directory.configuration)
  }
}
