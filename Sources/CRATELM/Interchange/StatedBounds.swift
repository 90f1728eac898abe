import Storage
public import SystemPackage

/// What the files of a directory say about the tokens between texts.
public enum StatedBounds: Equatable, Sendable {
  /// What a model or a text of this program has.
  case known(TextBounds)
  /// The ids in the `config.json` and `generation_config.json` of another program's model, whose
  /// tokenizer need not have them.
  case listed(TextBounds)

  /// What the data directory, run or model in `directory` says; `nil` if there is none, or one that
  /// does not say it.
  ///
  /// - Throws: `FileError`, ``DataError``, ``CheckpointError``, ``ConfigurationError`` for files
  ///   that are not what they seem.
  public init?(in directory: FilePath) throws {
    let manifest = directory.appending(DataFile.manifest.name)
    if FileSystem.kind(of: manifest) == .file {
      let end = try DataManifest(FileContents.read(manifest), path: manifest).endOfDocument
      self = .known(TextBounds(between: end))
      return
    }
    let file = RunDirectory(directory).configuration
    guard FileSystem.kind(of: file) == .file else { return nil }
    let settings = try CheckpointError.owning {
      try ForeignSettings(FileContents.read(file), path: file)
    }
    let bounds: StatedBounds?
    switch settings.modelType {
    case ExportedConfiguration.modelType?:
      bounds = try ExportedConfiguration.textBounds(settings).map(StatedBounds.known)
    case nil where settings.isRunRecord:
      bounds = try RunRecord.read(at: file).textBounds.map(StatedBounds.known)
    default: bounds = .listed(try settings.textBounds())
    }
    guard let bounds else { return nil }
    self = bounds
  }
}

extension ForeignSettings {
  /// Whether they are the `config.json` of a run.
  fileprivate var isRunRecord: Bool { object[FormatVersion.key] != nil }

  /// The `generation_config.json` beside them; `nil` if there is none.
  ///
  /// - Throws: `FileError`, ``CheckpointError``.
  func generationSettings() throws -> ForeignSettings? {
    let file = path.removingLastComponent().appending(ExportedConfiguration.generationFileName)
    guard FileSystem.kind(of: file) == .file else { return nil }
    return try CheckpointError.owning {
      try ForeignSettings(FileContents.read(file), path: file)
    }
  }

  /// The ids that begin and end texts: those of `generation_config.json`, which the transformers
  /// library generates by, and what it leaves open by these settings.
  ///
  /// - Throws: `FileError`, ``CheckpointError``.
  func textBounds() throws -> TextBounds {
    let settings = [try generationSettings(), self].compactMap(\.self)
    func ids(_ key: String) -> [Int32] {
      let value = settings.lazy.compactMap { $0.object[key] }.first { !$0.isNull }
      let list = value?.array ?? [value].compactMap(\.self)
      return list.compactMap { $0.integer.flatMap(Int32.init(exactly:)) }.filter { $0 >= 0 }
    }
    return TextBounds(beginning: ids("bos_token_id").first, ends: ids("eos_token_id"))
  }
}
