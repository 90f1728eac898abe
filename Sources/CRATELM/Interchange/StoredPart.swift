public import Storage
public import SystemPackage

/// A unit of verification in a run, checkpoint or exported directory.
public enum StoredPart: Sendable {
  /// The `config.json` and the tokenizer of a directory.
  case description(FilePath)
  /// The weights of a run, which must have checksums.
  case weights(FilePath)
  /// A file of tensors of any program.
  case tensors(FilePath)
  /// A checkpoint of a run.
  case checkpoint(Checkpoint)
  /// A checkpoint anywhere, under any name.
  case copy(FilePath)

  /// The parts at `path`: of a run with its checkpoints by step and by other names, also within a
  /// ``TrainingDirectory``; a checkpoint, a directory of checkpoints, an exported directory, or a
  /// file of tensors of any program.
  ///
  /// - Throws: `FileError` if `path` does not exist.
  public static func all(at path: FilePath) throws -> [StoredPart] {
    var path = try FileSystem.canonical(path)
    let directory = TrainingDirectory(path)
    if directory.exists { path = directory.run.path }
    guard FileSystem.kind(of: path) == .directory else { return [.tensors(path)] }
    if Checkpoint.isOne(path) || Checkpoint(path) != nil { return [.copy(path)] }
    let run = RunDirectory(path)
    if FileSystem.kind(of: run.configuration) == nil {
      let copies = try copies(in: path) + copies(in: run.checkpoints)
      if !copies.isEmpty { return copies }
    }
    // If the record is damaged, the weights need not be those of a run.
    let isRun = (try? RunRecord.read(from: run)) != nil
    let weights = isRun ? StoredPart.weights(run.weights) : .tensors(run.weights)
    return [.description(path)] + (FileSystem.kind(of: run.weights) == nil ? [] : [weights])
      + (try CheckpointStore(run).all().map { .checkpoint($0) })
      + (try CheckpointStore(run).named().map { .copy($0) })
  }

  /// The checkpoints in `directory`, by their names.
  private static func copies(in directory: FilePath) throws -> [StoredPart] {
    guard FileSystem.kind(of: directory) == .directory else { return [] }
    return try FileSystem.names(in: directory).map { directory.appending($0) }
      .filter { Checkpoint.isOne($0) || Checkpoint($0) != nil }.map { .copy($0) }
  }

  /// The path of the file or directory.
  public var path: FilePath {
    switch self {
    case .description(let path), .weights(let path), .tensors(let path), .copy(let path): path
    case .checkpoint(let checkpoint): checkpoint.path
    }
  }

  /// Reads the whole part and checks it.
  ///
  /// - Returns: the extent of the check.
  /// - Throws: ``CheckpointError`` or `FileError` with the damaged file and bytes.
  public func verify() throws -> Assurance {
    switch self {
    case .description(let path):
      let model = try StoredModel(at: path)
      _ = try model.tokenizerFile()
      return model.isExported ? .format : .everyBit
    case .weights(let path):
      return try CheckpointError.owning {
        let reader = try SafeTensorsReader(path)
        try reader.requireSeal()
        return try reader.verify()
      }
    case .tensors(let path):
      return try CheckpointError.owning(as: CheckpointError.damagedImport) {
        try CheckpointSource.open(path).tensors.verify()
      }
    case .checkpoint(let checkpoint):
      try checkpoint.verify()
      return .everyBit
    case .copy(let path):
      try Checkpoint(opening: path).verify()
      return .everyBit
    }
  }

  /// The reason that a sound checkpoint is no model: an earlier version made it, and it is not in
  /// its run.
  public var impediment: CheckpointError? {
    guard case .copy(let path) = self else { return nil }
    do {
      _ = try Checkpoint(opening: path).home()
      return nil
    } catch {
      return error as? CheckpointError
    }
  }

  /// The sizes of the files of the part, by name.
  public func files() throws -> [(name: String, byteCount: Int)] {
    switch self {
    case .description(let path):
      let run = RunDirectory(path)
      return try Self.files([run.configuration, run.tokenizer])
    case .weights(let path), .tensors(let path): return try Self.files([path])
    case .checkpoint, .copy:
      return try Self.files(FileSystem.names(in: path).map { path.appending($0) })
    }
  }

  private static func files(_ paths: [FilePath]) throws -> [(name: String, byteCount: Int)] {
    try paths.filter { FileSystem.kind(of: $0) == .file }.map {
      ($0.lastComponent?.string ?? "", try FileSystem.byteCount(of: $0))
    }
  }
}
