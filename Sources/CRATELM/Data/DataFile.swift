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

  /// Whether a file of a data directory can have this name.
  static func isKnown(_ name: String) -> Bool {
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
