public import Storage
public import SystemPackage

/// The directory of a run and the paths of its files.
public struct RunDirectory: Hashable, Sendable {
  /// The path of the directory.
  public let path: FilePath

  /// The directory at `path`, whether or not it exists.
  public init(_ path: FilePath) {
    self.path = path
  }

  /// The record of the run: its plan and conditions.
  public var configuration: FilePath { path.appending("config.json") }
  /// The tokenizer of the run's data.
  public var tokenizer: FilePath { path.appending("tokenizer.json") }
  /// The latest weights.
  public var weights: FilePath { path.appending("model.safetensors") }
  /// One line of JSON for every step.
  public var metrics: FilePath { path.appending("metrics.jsonl") }
  /// The checkpoints, by step.
  public var checkpoints: FilePath { path.appending("checkpoints") }

  /// The checkpoint with the lowest validation loss.
  public var best: FilePath { checkpoints.appending("best") }

  /// Locks the run for changes, until the lock or this process ends.
  ///
  /// - Returns: `nil` if there is no directory yet; its creator takes the lock then.
  /// - Throws: `FileError.inUse` if another process holds the lock.
  public func lock() throws(FileError) -> DirectoryLock? {
    FileSystem.kind(of: path) == nil ? nil : try DirectoryLock(path)
  }

  /// Makes the directory of a new run and writes its record.
  ///
  /// - Parameters:
  ///   - record: the record of the run.
  ///   - tokenizer: the content of its `tokenizer.json`.
  ///   - replacing: the runs that may be removed from the directory. Other files are never removed.
  /// - Throws: `FileError.notEmpty` if the directory may not be replaced; `FileError`.
  package func create(
    _ record: RunRecord, tokenizer: [UInt8], replacing: Replaceable
  ) throws {
    try requireReplaceable(replacing)
    if FileSystem.kind(of: path) == .directory {
      try removeRun()
      for name in try leftovers() { try FileSystem.remove(path.appending(name)) }
    }
    try FileSystem.createDirectory(path)
    try record.write(to: self)
    try FileContents.write(tokenizer, to: self.tokenizer)
    try FileSystem.synchronizeDirectory(path)
    try FileSystem.synchronizeDirectory(path.parent)
  }

  /// The names of files that killed processes left behind, in byte order.
  func leftovers() throws(FileError) -> [String] {
    let stages =
      [configuration, tokenizer, weights].map { Stage(for: $0) } + [Stage(for: weights, .link)]
    let names = stages.compactMap(\.path.lastComponent?.string)
    return try FileSystem.names(in: path).filter(names.contains)
  }

  /// Removes files that killed processes left half written or half removed.
  func removeLeftovers() throws {
    for name in try leftovers() { try FileSystem.remove(path.appending(name)) }
    try CheckpointStore(self).removeLeftovers()
  }

  /// The runs that a new run may replace.
  public enum Replaceable: Sendable {
    /// Nothing.
    case nothing
    /// A run that ended before its first checkpoint.
    case runWithoutWeights
    /// Any run that was trained here and can be trained again.
    case run
  }

  /// Checks that a new run may replace the content of the directory.
  ///
  /// - Throws: `FileError.notEmpty` if it may not; `FileError`.
  public func requireReplaceable(_ replaceable: Replaceable) throws {
    guard FileSystem.kind(of: path) == .directory,
      try !leftovers().elementsEqual(FileSystem.names(in: path))
    else { return }
    guard !Checkpoint.isOne(path) else {
      throw FileError.notEmpty(path, remedy: "it is a checkpoint of a run; choose another path")
    }
    guard let record = try? RunRecord.read(from: self) else {
      throw FileError.notEmpty(path, remedy: "it is not a run; choose another path")
    }
    guard record.training != nil else {
      throw FileError.notEmpty(
        path,
        remedy: "it holds a model that was not trained here, which no training brings back; "
          + "to train on, give --from \(path.string.shellWord) -o \(freeSibling.string.shellWord)")
    }
    switch replaceable {
    case .run: return
    case .runWithoutWeights:
      guard try hasWeights else { return }
      throw FileError.notEmpty(
        path, remedy: "it has weights but no checkpoint to go on from; replace it with --overwrite")
    case .nothing:
      throw FileError.notEmpty(
        path,
        remedy: "continue it with --resume auto, replace it with --overwrite, or "
          + offspringRemedy())
    }
  }

  /// Whether weights or a checkpoint were saved.
  var hasWeights: Bool {
    get throws {
      try FileSystem.kind(of: weights) != nil || !CheckpointStore(self).all().isEmpty
    }
  }

  /// Removes the files of a run except its configuration, which marks the rest as a run until a new
  /// run replaces it.
  private func removeRun() throws {
    let store = CheckpointStore(self)
    for checkpoint in try store.all() { try store.remove(checkpoint) }
    try store.removeNamed()
    try store.removeLeftovers()
    for part in [weights, metrics, tokenizer] { try FileSystem.remove(part) }
  }
}
