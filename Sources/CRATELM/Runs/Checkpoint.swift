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

  private static let prefix = "step-"

  init?(_ path: FilePath) {
    guard let name = path.lastComponent?.string, name.hasPrefix(Self.prefix),
      let step = Int(name.dropFirst(Self.prefix.count)), step >= 0
    else { return nil }
    self.path = path
    self.step = step
  }

  init(step: Int, in directory: FilePath) {
    let digits = String(step)
    let padding = String(repeating: "0", count: max(0, 8 - digits.utf8.count))
    path = directory.appending(Self.prefix + padding + digits)
    self.step = step
  }

  /// The weights.
  public var weights: FilePath { path.appending(Part.weights.rawValue) }
  var manifest: FilePath { path.appending("manifest.json") }

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

  /// What `manifest.json` holds.
  struct Manifest: Record {
    static let formatVersion = 1

    var step: Int
    var files: [String: FileSummary]
  }

  /// Checks that every file has the size and the checksum of the manifest.
  ///
  /// - Throws: ``CheckpointError`` or `FileError` that names the first file that has not, and its
  ///   bytes.
  public func verify() throws {
    let record = try readManifest()
    for part in Part.allCases { try verify(part, by: record) }
  }

  /// What the manifest says, which its own checksum vouches for.
  func readManifest() throws -> Manifest {
    let record = try CheckpointError.owning {
      try RecordFile.read(Manifest.self, from: manifest)
    }
    guard record.step == step else {
      throw CheckpointError.foreign(
        manifest, reason: "it is of step \(record.step), its directory of step \(step)")
    }
    return record
  }

  /// How far training had come.
  ///
  /// - Throws: `FileError`, ``CheckpointError``.
  public func state() throws -> TrainingState {
    try CheckpointError.owning {
      try RecordFile.read(TrainingState.self, from: path.appending(Part.state.rawValue))
    }
  }

  private func verify(_ part: Part, by record: Manifest) throws {
    let file = path.appending(part.rawValue)
    guard let expected = record.files[part.rawValue] else {
      throw CheckpointError.foreign(manifest, reason: "it does not list \(part.rawValue)")
    }
    let found = try FileSummary.read(file)
    guard found != expected else { return }
    let (least, most) = (
      min(found.byteCount, expected.byteCount), max(found.byteCount, expected.byteCount)
    )
    guard least == most else {
      throw CheckpointError.damaged(
        Damage(
          file, at: least..<most,
          reason: "it has \(found.byteCount) bytes, the manifest says \(expected.byteCount)"))
    }
    // The files' own checksums say more exactly where.
    switch part {
    case .weights, .optimizer:
      try CheckpointError.owning { _ = try SafeTensorsReader(file).verify() }
    case .state: break
    }
    throw CheckpointError.damaged(
      Damage(
        file, at: 0..<found.byteCount,
        reason: "their SHA-256 is \(found.sha256), the manifest has \(expected.sha256)"))
  }
}

extension TrainingState: Record {
  package static let formatVersion = 1
  // The first version of this program wrote none.
  package static let unstatedVersion: Int? = 1
}
