import Storage
import SystemPackage

/// The files of a data directory; their names follow from the manifest's counts, so no name is read
/// from a file.
///
///     manifest.json            the counts of the data
///     tokenizer.json           the tokenizer of the ids
///     token-byte-counts.bin    UInt32, little endian: the bytes that each vocabulary entry spells
///     train-00000.shard …      token ids, see ``ShardFormat``
///     validation-00000.shard …
///     SHA256SUMS               of all files above, see ``Checksums``
enum DataFile: Hashable {
  case manifest, tokenizer, tokenByteCounts, checksums
  case shard(Split, Int)

  var name: String {
    switch self {
    case .manifest: "manifest.json"
    case .tokenizer: "tokenizer.json"
    case .tokenByteCounts: "token-byte-counts.bin"
    case .checksums: Checksums.name
    case .shard(let split, let index): "\(split)-\(index.digits(5)).shard"
    }
  }

  /// The files that `SHA256SUMS` lists for `manifest`, in its order.
  static func summed(_ manifest: DataManifest) -> [DataFile] {
    [.manifest, .tokenizer, .tokenByteCounts]
      + Split.allCases.flatMap { split in
        manifest[split].shardTokens.indices.map { .shard(split, $0) }
      }
  }

  /// A data directory that appears at `directory` when it is complete.
  ///
  /// - Parameters:
  ///   - directory: the place.
  ///   - overwrites: whether a data directory there is replaced.
  /// - Returns: the directory to write to.
  /// - Throws: `FileError` if it is not empty and must not be replaced, or cannot be made.
  static func stage(for directory: FilePath, overwrites: Bool) throws -> StagedDirectory {
    try StagedDirectory(for: directory) { (names) throws(FileError) in
      guard overwrites else {
        throw .notEmpty(directory, remedy: "give --overwrite or another path")
      }
      guard names.contains(manifest.name), names.allSatisfy(isKnown) else {
        throw .notEmpty(directory, remedy: "it is no data directory, give another path")
      }
    }
  }

  /// Whether a file of a data directory can have this name.
  private static func isKnown(_ name: String) -> Bool {
    if [manifest, tokenizer, tokenByteCounts, checksums].contains(where: { $0.name == name }) {
      return true
    }
    return name.hasSuffix(".shard") && Split.allCases.contains { name.hasPrefix("\($0)-") }
  }
}

extension Checksums {
  subscript(file: DataFile) -> Fingerprint? { self[file.name] }

  mutating func append(_ file: DataFile, _ fingerprint: Fingerprint) {
    append(file.name, fingerprint)
  }
}
