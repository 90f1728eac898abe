import Storage
public import SystemPackage

/// A complete state of training on disk: weights, moments and position, and what the run is, under
/// one manifest.
///
///     step-00000100/model.safetensors       θ
///                   optimizer.safetensors   the moments of the optimiser
///                   state.json              the position
///                   config.json             what the run was asked to do
///                   tokenizer.json          its tokenizer
///                   manifest.json           size and SHA-256 of the others, written last
///
/// A directory without a manifest, or with files that do not match it, is not a checkpoint. A
/// checkpoint has the files of a run under the same names and is a model anywhere, under any name.
public struct Checkpoint: Hashable, Sendable {
  /// The checkpoint's directory.
  public let path: FilePath
  /// The step of the snapshot.
  public let step: Int

  static let manifestName = "manifest.json"
  private static let prefix = "step-"

  init?(_ path: FilePath) {
    guard let name = path.lastComponent?.string, name.hasPrefix(Self.prefix),
      let step = Int(name.dropFirst(Self.prefix.count)), step >= 0
    else { return nil }
    self.path = path
    self.step = step
  }

  /// The checkpoint at `path`, whatever its name.
  ///
  /// - Throws: `FileError`, ``CheckpointError`` if its manifest cannot be read.
  public init(opening path: FilePath) throws {
    self.path = path
    step = try CheckpointError.owning {
      try RecordFile.read(Manifest.self, from: path.appending(Self.manifestName)).step
    }
  }

  /// Whether a manifest and a file of a checkpoint are at `path`.
  static func isOne(_ path: FilePath) -> Bool {
    func isFile(_ name: String) -> Bool { FileSystem.kind(of: path.appending(name)) == .file }
    return isFile(manifestName)
      && Part.first.contains { isFile($0.rawValue) }
  }

  /// The directory of its configuration and tokenizer: its own or, for a checkpoint of an earlier
  /// version, its run's.
  ///
  /// - Throws: ``CheckpointError`` if they are in neither.
  func home() throws(CheckpointError) -> RunDirectory {
    let places = [path, path.removingLastComponent().removingLastComponent()].map(RunDirectory.init)
    guard let home = places.first(where: { FileSystem.kind(of: $0.configuration) != nil }) else {
      throw CheckpointError.foreign(
        path,
        reason: "it is a checkpoint of an earlier version, which has no config.json and no "
          + "tokenizer.json; copy those of its run into it")
    }
    return home
  }

  init(step: Int, in directory: FilePath) {
    path = directory.appending(Self.prefix + step.digits(8))
    self.step = step
  }

  /// The file of the weights.
  public var weights: FilePath { path.appending(Part.weights.rawValue) }
  var manifest: FilePath { path.appending(Self.manifestName) }

  /// The directory in which it is written before it gets its name.
  var stage: Stage { Stage(for: path) }

  /// Whether `name` names a checkpoint that is being written.
  static func isStaging(_ name: String) -> Bool {
    Stage.isName(name, ofPrefix: prefix)
  }

  /// The files listed in the manifest.
  enum Part: String, CaseIterable {
    case weights = "model.safetensors"
    case optimizer = "optimizer.safetensors"
    case state = "state.json"
    case configuration = "config.json"
    case tokenizer = "tokenizer.json"

    /// The files of checkpoints of the first version.
    static let first = [weights, optimizer, state]
  }

  /// The configuration and tokenizer of a run, as its checkpoints hold them.
  struct Description {
    /// The content of `config.json`.
    let configuration: [UInt8]
    /// The content of `tokenizer.json`.
    let tokenizer: [UInt8]
  }

  /// The progress of training.
  ///
  /// - Throws: `FileError`, ``CheckpointError``.
  public func state() throws -> TrainingState {
    try CheckpointError.owning { try RecordFile.read(TrainingState.self, from: file(.state)) }
  }

  func file(_ part: Part) -> FilePath { path.appending(part.rawValue) }
}

extension TrainingState: Record {
  package static let formatVersion = 1
  // Records of version 1 need not state it.
  package static let unstatedVersion: Int? = 1
}
