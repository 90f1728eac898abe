import Files
import StrictJSON
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
  private static let stagingSuffix = ".tmp"

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

  /// Where it is written before it has its name.
  var staging: FilePath {
    path.parent.appending(".\(path.lastComponent?.string ?? "")\(Self.stagingSuffix)")
  }

  /// Whether `name` is that of a directory in which a checkpoint is being written.
  static func isStaging(_ name: String) -> Bool {
    name.hasPrefix("." + prefix) && name.hasSuffix(stagingSuffix)
  }

  /// The files that the manifest vouches for.
  enum Part: String, CaseIterable {
    case weights = "model.safetensors"
    case optimizer = "optimizer.safetensors"
    case state = "state.json"
  }

  /// What `manifest.json` holds.
  struct Manifest: Codable {
    static let currentVersion = 1

    var formatVersion = currentVersion
    var step: Int
    var files: [String: FileSummary]
  }

  /// Checks that every file has the size and the checksum of the manifest.
  ///
  /// - Throws: ``CheckpointError`` or `FileError` that names the first file that has not.
  public func verify() throws {
    let record = try JSONFile.read(Manifest.self, from: manifest)
    guard record.formatVersion == Manifest.currentVersion else {
      throw CheckpointError.foreign(
        manifest,
        reason: "it has format version \(record.formatVersion), expected "
          + "\(Manifest.currentVersion)")
    }
    for part in Part.allCases {
      let file = path.appending(part.rawValue)
      guard let expected = record.files[part.rawValue] else {
        throw CheckpointError.corrupt(manifest, reason: "it does not list \(part.rawValue)")
      }
      let byteCount = try FileSystem.byteCount(of: file)
      guard byteCount == expected.byteCount else {
        throw CheckpointError.corrupt(
          file, reason: "it has \(byteCount) bytes, the manifest says \(expected.byteCount)")
      }
      guard try FileSummary.read(file) == expected else {
        throw CheckpointError.corrupt(file, reason: "its checksum is not that of the manifest")
      }
    }
  }
}
