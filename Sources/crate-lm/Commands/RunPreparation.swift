import CRATELM
import Storage
import SystemPackage

/// What a run's directory needs before its first step; after an error all of it may be done again.
struct RunPreparation {
  /// What the run is asked to do.
  let configuration: RunConfiguration
  /// Where it goes on; `nil` for a new run.
  let start: Pretrain.StartingPoint?
  /// The tokenizer of its data.
  let tokenizer: FilePath
  let directory: RunDirectory
  /// What a new run may take the place of.
  let replaceable: RunDirectory.Replaceable
  /// The right to change the directory, where it exists.
  var lock: DirectoryLock?
  /// Whether all that is in the directory may be replaced.
  private var isClaimed = false

  init(
    _ configuration: RunConfiguration, from start: Pretrain.StartingPoint?, tokenizer: FilePath,
    in directory: RunDirectory, replacing replaceable: RunDirectory.Replaceable,
    lock: DirectoryLock?
  ) {
    self.configuration = configuration
    self.start = start
    self.tokenizer = tokenizer
    self.directory = directory
    self.replaceable = replaceable
    self.lock = lock
  }

  /// Looks for the room that checkpoints will take, makes the directory, and writes what the run is
  /// asked to do.
  mutating func prepare() throws {
    if lock != nil { try claim() }
    try CheckpointStore(directory).requireSpace(
      for: configuration.training, of: configuration.model, after: start?.checkpoint.step ?? 0)
    if lock == nil {
      try FileSystem.createDirectory(directory.path)
      lock = try directory.lock()
      try claim()
    }
    if let start {
      guard configuration != start.configuration else { return }
      try configuration.write(to: directory)
    } else {
      try directory.create(
        configuration, tokenizer: FileContents.read(tokenizer), replacing: .run)
    }
  }

  /// Refuses to replace what may not be, once: later it is this run's own.
  private mutating func claim() throws {
    guard start == nil, !isClaimed else { return }
    try directory.requireReplaceable(replaceable)
    isClaimed = true
  }
}
