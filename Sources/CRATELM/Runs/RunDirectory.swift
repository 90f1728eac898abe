public import Storage
public import SystemPackage

/// Where the parts of a run lie.
public struct RunDirectory: Hashable, Sendable {
  /// The run's own directory.
  public let path: FilePath

  /// The run at `path`, whether or not it exists.
  public init(_ path: FilePath) {
    self.path = path
  }

  /// What the run was asked to do and under which conditions.
  public var configuration: FilePath { path.appending("config.json") }
  /// The tokenizer of the run's data.
  public var tokenizer: FilePath { path.appending("tokenizer.json") }
  /// The latest weights.
  public var weights: FilePath { path.appending("model.safetensors") }
  /// One line of JSON for every step.
  public var metrics: FilePath { path.appending("metrics.jsonl") }
  /// The checkpoints, by step.
  public var checkpoints: FilePath { path.appending("checkpoints") }

  /// Takes the right to change the run, which ends with this process or with the lock.
  ///
  /// - Returns: `nil` if there is no directory yet; who makes it takes the lock then.
  /// - Throws: `FileError.cannotCreate` if another process has it.
  public func lock() throws(FileError) -> DirectoryLock? {
    FileSystem.kind(of: path) == nil ? nil : try DirectoryLock(path)
  }

  /// Makes the directory of a new run and writes what it was asked to do.
  ///
  /// - Parameters:
  ///   - record: what the run is asked to do.
  ///   - tokenizer: the content of its `tokenizer.json`.
  ///   - replacing: which run may be there already; it is removed. Files that are not a run's are
  ///     never removed.
  /// - Throws: `FileError.notEmpty` where something is there that may not be replaced; `FileError`.
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

  /// Removes what killed processes left half written or half removed.
  func removeLeftovers() throws {
    for name in try leftovers() { try FileSystem.remove(path.appending(name)) }
    try CheckpointStore(self).removeLeftovers()
  }

  /// What a new run may take the place of.
  public enum Replaceable: Sendable {
    /// Nothing.
    case nothing
    /// A run that ended before its first checkpoint.
    case runWithoutWeights
    /// Any run.
    case run
  }

  /// Makes sure that a new run may take the place of what is there.
  ///
  /// - Throws: `FileError.notEmpty` where it may not; `FileError`.
  public func requireReplaceable(_ replaceable: Replaceable) throws {
    guard FileSystem.kind(of: path) == .directory,
      try !leftovers().elementsEqual(FileSystem.names(in: path))
    else { return }
    let isRun = (try? RunRecord.read(from: self)) != nil
    let hasWeights = try FileSystem.kind(of: weights) != nil || !CheckpointStore(self).all().isEmpty
    switch replaceable {
    case .run where isRun, .runWithoutWeights where isRun && !hasWeights: return
    case .nothing where isRun:
      throw FileError.notEmpty(
        path, remedy: "continue it with --resume auto or replace it with --overwrite")
    case .runWithoutWeights where isRun:
      throw FileError.notEmpty(
        path, remedy: "it has weights but no checkpoint to go on from; replace it with --overwrite")
    case .nothing, .runWithoutWeights, .run:
      throw FileError.notEmpty(path, remedy: "it is not a run; choose another path")
    }
  }

  /// Removes the files of a run but its configuration, so that what is left of it is known for a run
  /// until another takes its place.
  private func removeRun() throws {
    let store = CheckpointStore(self)
    for checkpoint in try store.all() { try store.remove(checkpoint) }
    try store.removeLeftovers()
    for part in [weights, metrics, tokenizer] { try FileSystem.remove(part) }
  }
}
