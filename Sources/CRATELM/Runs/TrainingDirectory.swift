package import Storage
public import SystemPackage

/// The directory of one text: its tokenizer, its packed data, the run that learns from them, and
/// the record of the sizes that were chosen for it.
public struct TrainingDirectory: Hashable, Sendable {
  /// The path of the directory.
  public let path: FilePath

  /// The directory at `path`, whether or not it exists.
  public init(_ path: FilePath) {
    self.path = path
  }

  /// The record: the text, the time, the sizes and the commands.
  public var record: FilePath { path.appending("train.json") }
  /// The directory of the tokenizer.
  public var tokenizer: FilePath { path.appending("tokenizer") }
  /// The directory of the packed data.
  public var data: FilePath { path.appending("data") }
  /// The directory of the run.
  public var run: RunDirectory { RunDirectory(path.appending("run")) }

  /// The directory of the model: the checkpoint with the lowest validation loss, the earlier one of
  /// equals, of the run and of the plans that it had before; or else the run.
  ///
  /// - Throws: `FileError`, ``CheckpointError``.
  public func model() throws -> FilePath {
    var lowest: (path: FilePath, validation: BestValidation)?
    for path in try CheckpointStore(run).named() where Checkpoint.isOne(path) {
      guard let own = try Checkpoint(opening: path).ownBest() else { continue }
      if lowest.map({ (own.loss, own.step) < ($0.validation.loss, $0.validation.step) }) ?? true {
        lowest = (path, own)
      }
    }
    return lowest?.path ?? run.path
  }

  /// Whether the directory has a record, and is no run itself.
  public var exists: Bool {
    FileSystem.kind(of: record) == .file
      && FileSystem.kind(of: RunDirectory(path).configuration) == nil
  }

  /// The directory of the model at `path`, which may be one of a text.
  ///
  /// - Throws: as ``model()``.
  static func resolving(_ path: FilePath) throws -> FilePath {
    let directory = TrainingDirectory(path)
    return directory.exists ? try directory.model() : path
  }

  /// The directory of the run at `path`, which may be one of a text.
  ///
  /// - Parameter path: the directory of a run or of a text.
  /// - Returns: the run's directory.
  public static func run(at path: FilePath) -> RunDirectory {
    let directory = TrainingDirectory(path)
    return directory.exists ? directory.run : RunDirectory(path)
  }

  /// Makes the directory if it is missing and locks it until the lock or this process ends.
  ///
  /// - Throws: `FileError.notEmpty` if the directory holds anything else, `FileError.inUse` if
  ///   another process holds the lock.
  package func claim() throws(FileError) -> DirectoryLock {
    try requireOwn()
    try FileSystem.createDirectory(path)
    return try DirectoryLock(path)
  }

  /// Checks that the directory is missing, empty, or one of a text.
  ///
  /// - Throws: `FileError.notEmpty`, `FileError`.
  package func requireOwn() throws(FileError) {
    switch FileSystem.kind(of: path) {
    case nil: return
    case .directory?:
      let leftover = Stage(for: record).path.lastComponent?.string
      guard !exists, try FileSystem.names(in: path).contains(where: { $0 != leftover }) else {
        return
      }
      throw .notEmpty(
        path, remedy: "it holds no train.json, so it is not one of 'train'; choose another path")
    case .file?, .other?:
      throw .cannotCreate(path, reason: "a file of that name exists")
    }
  }
}
