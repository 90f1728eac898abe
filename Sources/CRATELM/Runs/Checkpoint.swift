import Storage
public import SystemPackage

/// A complete state of training on disk: weights, moments and position, under one manifest.
///
///     step-00000100/model.safetensors       θ
///                   optimizer.safetensors   the moments of AdamW
///                   state.json              the position
///                   manifest.json           size and SHA-256 of the three, written last
///
/// A directory without a manifest, or whose files do not match it, is not a checkpoint.
public struct Checkpoint: Hashable, Sendable {
  /// The checkpoint's directory.
  public let path: FilePath
  /// The step after which it was taken.
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

  /// The weights.
  public var weights: FilePath { path.appending(Part.weights.rawValue) }
  var manifest: FilePath { path.appending(Self.manifestName) }

  /// Where it is written before it has its name.
  var stage: Stage { Stage(for: path) }

  /// Whether `name` is that of a directory in which a checkpoint is being written.
  static func isStaging(_ name: String) -> Bool {
    Stage.isName(name, ofPrefix: prefix)
  }

  /// The files that the manifest vouches for.
  enum Part: String, CaseIterable {
    case weights = "model.safetensors"
    case optimizer = "optimizer.safetensors"
    case state = "state.json"
  }

  /// How far training had come.
  ///
  /// - Throws: `FileError`, ``CheckpointError``.
  public func state() throws -> TrainingState {
    try CheckpointError.owning { try RecordFile.read(TrainingState.self, from: file(.state)) }
  }

  func file(_ part: Part) -> FilePath { path.appending(part.rawValue) }
}

extension TrainingState: Record {
  package static let formatVersion = 1
  // The first version of this program wrote none.
  package static let unstatedVersion: Int? = 1
}
