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

  /// The directory of the model: the checkpoint with the lowest validation loss of the run and of
  /// the shorter runs that it was before, or else the run.
  public var model: FilePath {
    let named = (try? CheckpointStore(run).named()) ?? []
    let measured = named.compactMap { path in
      (try? Checkpoint(opening: path).bestLoss()).flatMap { $0 }.map { (path: path, loss: $0) }
    }
    return measured.min { $0.loss < $1.loss }?.path ?? run.path
  }

  /// Whether the directory has a record, and is no run itself.
  public var exists: Bool {
    FileSystem.kind(of: record) == .file
      && FileSystem.kind(of: RunDirectory(path).configuration) == nil
  }

  /// The directory of the model at `path`, which may be one of a text.
  static func resolving(_ path: FilePath) -> FilePath {
    let directory = TrainingDirectory(path)
    return directory.exists ? directory.model : path
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
