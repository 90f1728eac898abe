import Parallel
public import Storage
public import SystemPackage

/// A model on disk: a run, one of its checkpoints, the directory of a text with its best model, or
/// an exported directory.
public struct StoredModel: Sendable {
  /// The run, checkpoint or exported directory with the configuration and the tokenizer.
  public let run: RunDirectory
  /// The directory of its weights: the run, a checkpoint or the exported directory.
  let path: FilePath
  /// The file of its weights.
  public let weights: FilePath
  /// The shape of the model.
  public let model: ModelConfiguration
  /// The identity of the tokenizer; `nil` if an exported directory lacks it.
  public let tokenizer: Fingerprint?
  /// The tokens between the texts that it learnt from; `nil` if an earlier version wrote it, which
  /// took those of the tokenizer's names.
  public let textBounds: TextBounds?
  /// The plan and conditions of its training; `nil` for an imported or exported model.
  public let training: TrainingRecord?
  /// Whether the directory was exported for other programs.
  public let isExported: Bool

  /// Finds the model at a path.
  ///
  /// - Parameter givenPath: a run, a checkpoint anywhere, a ``TrainingDirectory``, or an exported
  ///   directory.
  /// - Throws: `FileError`, ``CheckpointError``, ``ConfigurationError``.
  public init(at givenPath: FilePath) throws {
    path = try TrainingDirectory.resolving(FileSystem.canonical(givenPath))
    guard FileSystem.kind(of: path) == .directory else {
      throw FileError.wrongKind(
        path, expected: "a run, a checkpoint, the directory of 'train' or an exported one")
    }
    run = Checkpoint.isOne(path) ? try Checkpoint(opening: path).home() : RunDirectory(path)
    weights = RunDirectory(path).weights
    guard FileSystem.kind(of: run.configuration) != nil else {
      throw CheckpointError.foreign(path, reason: "it holds no config.json and is not a run")
    }
    let bytes = try FileContents.read(run.configuration)
    let settings = try CheckpointError.owning { [run] in
      try ForeignSettings(bytes, path: run.configuration)
    }
    isExported = settings.modelType == ExportedConfiguration.modelType
    if isExported {
      model = try ExportedConfiguration.model(settings)
      tokenizer = settings.object[ExportedConfiguration.tokenizerKey]?.string
        .flatMap(Fingerprint.init(rawValue:))
      textBounds = try ExportedConfiguration.textBounds(settings)
      training = nil
    } else if let type = settings.modelType {
      throw CheckpointError.foreign(
        path, reason: "it is a model of type \(type); make it a run with 'crate-lm import'")
    } else {
      let record = try CheckpointError.owning { [run] in
        try RecordFile.decode(RunRecord.self, from: bytes, path: run.configuration)
      }
      (model, tokenizer, training) = (record.model, record.tokenizer, record.training)
      textBounds = record.textBounds
    }
    guard FileSystem.kind(of: weights) != nil else {
      throw CheckpointError.foreign(
        path, reason: "it holds no weights yet; train at least until the first checkpoint")
    }
  }

  /// The content of the `tokenizer.json` beside the model.
  ///
  /// - Throws: `FileError`; ``CheckpointError/damaged(_:)`` if it is not the tokenizer of the run.
  ///   In an exported directory any file is accepted, since other programs may rewrite it.
  public func tokenizerFile() throws -> [UInt8] {
    let bytes = try FileContents.read(run.tokenizer)
    let found = Fingerprint(of: bytes)
    if !isExported, let tokenizer, found != tokenizer {
      throw CheckpointError.damaged(
        Damage(
          run.tokenizer, at: 0..<bytes.count,
          reason: "their SHA-256 is \(found), the model's tokenizer has \(tokenizer)"))
    }
    return bytes
  }

  /// The checkpoint that the weights are of, the newest one of a run; `nil` if there is none.
  ///
  /// - Throws: `FileError`, ``CheckpointError``.
  public func checkpoint() throws -> Checkpoint? {
    try Checkpoint.isOne(path) ? Checkpoint(opening: path) : CheckpointStore(run).all().first
  }

  /// Reads the weights by `load` and identifies them.
  ///
  /// - Parameter load: reads the weights; called again if a run in training replaced them meanwhile.
  /// - Returns: what `load` returned, and the SHA-256 of the weights' file.
  /// - Throws: `FileError`, the errors of `load`.
  public func identified<Value>(
    _ load: () throws -> Value
  ) throws -> (value: Value, weights: Fingerprint) {
    func read() throws -> Fingerprint { try FileSummary.read(weights).sha256 }
    var (fingerprint, value) = (try read(), try load())
    while case let now = try read(), now != fingerprint {
      (fingerprint, value) = (now, try load())
    }
    return (value, fingerprint)
  }

  /// Maps the weights, or reads them if the file has another layout than the model, and checks them
  /// before use.
  ///
  /// - Parameters:
  ///   - threads: the number of threads.
  ///   - folding: whether to compute the folded values at once; without them the first token comes
  ///     sooner.
  /// - Returns: the model.
  /// - Throws: `FileError`, ``CheckpointError``, ``OutOfMemory``.
  public func load(threads: Int, folding: Bool = true) throws -> LanguageModel {
    if isExported { return try CheckpointImport(weights).model() }
    let result = try LanguageModel(model) { layout in
      try TensorFile.map(layout, from: weights)
    }
    if folding { result.fold(workers: Workers(threads: threads)) }
    return result
  }
}
