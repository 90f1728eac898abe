import Storage
public import SystemPackage

/// What the files of a directory say about the tokens between texts.
public enum StatedBounds: Equatable, Sendable {
  /// What a model or a text of this program has.
  case known(TextBounds)
  /// The ids in the `config.json` and `generation_config.json` of another program's model, whose
  /// tokenizer need not have them.
  case listed(TextBounds)

  /// What the data directory, run, checkpoint or model in `directory` says; `nil` if there is none,
  /// or one that does not say it.
  ///
  /// Files of the same names that are something else say nothing.
  ///
  /// - Throws: `FileError`, ``DataError``, ``CheckpointError``, ``ConfigurationError`` for files of
  ///   this program that cannot be used.
  public init?(in directory: FilePath) throws {
    guard let bounds = try Self.ofData(in: directory) ?? Self.ofModel(in: directory) else {
      return nil
    }
    self = bounds
  }

  private static func ofData(in directory: FilePath) throws -> StatedBounds? {
    let path = directory.appending(DataFile.manifest.name)
    guard FileSystem.kind(of: path) == .file, !RecordFile.isOne(path) else { return nil }
    let bytes = try FileContents.read(path)
    // Other programs have files of that name.
    guard (try? JSONValue.parse(bytes))?.object?["end_of_document"] != nil else { return nil }
    return .known(TextBounds(between: try DataManifest(bytes, path: path).endOfDocument))
  }

  private static func ofModel(in directory: FilePath) throws -> StatedBounds? {
    let path = RunDirectory(directory).configuration
    guard FileSystem.kind(of: path) == .file else { return nil }
    if RecordFile.isOne(path) {
      return try RunRecord.read(at: path).textBounds.map(StatedBounds.known)
    }
    guard let settings = try? ForeignSettings(FileContents.read(path), path: path) else {
      return nil
    }
    guard settings.modelType == ExportedConfiguration.modelType else {
      return .listed(try settings.textBounds())
    }
    return try ExportedConfiguration.textBounds(settings).map(StatedBounds.known)
  }
}

extension ForeignSettings {
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
    // Models of texts and images have a part for texts.
    let objects = [try generationSettings()?.object, object, object["text_config"]?.object]
    func ids(_ key: String) -> [Int32] {
      let value = objects.lazy.compactMap { $0?[key] }.first { !$0.isNull }
      let list = value?.array ?? [value].compactMap(\.self)
      return list.compactMap { $0.integer.flatMap(Int32.init(exactly:)) }.filter { $0 >= 0 }
    }
    return TextBounds(beginning: ids("bos_token_id").first, ends: ids("eos_token_id"))
  }
}
