import Storage
public import SystemPackage

/// A complete state of training on disk: weights, moments and position, under one manifest.
///
///     step-00000100/model.safetensors       θ
///                   optimizer.safetensors   the moments of AdamW
///                   state.json              the position
///                   manifest.json           size and SHA-256 of the three, written last
///
/// A directory without a manifest, or with files that do not match it, is not a checkpoint.
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
