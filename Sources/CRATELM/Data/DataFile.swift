import SystemPackage

/// The files of a data directory; their names follow from the manifest's counts, so that none is
/// ever read from a file.
///
///     manifest.json            what there is, in numbers
///     tokenizer.json           the tokenizer that made the ids
///     token-byte-counts.bin    UInt32, little endian, per vocabulary entry: how many bytes it spells
///     train-00000.shard …      token ids, see ``ShardFormat``
///     validation-00000.shard …
///     SHA256SUMS               of all files above, for `sha256sum -c` too
enum DataFile: Hashable {
  case manifest, tokenizer, tokenByteCounts, checksums
  case shard(Split, Int)

  var name: String {
    switch self {
    case .manifest: "manifest.json"
    case .tokenizer: "tokenizer.json"
    case .tokenByteCounts: "token-byte-counts.bin"
    case .checksums: "SHA256SUMS"
    case .shard(let split, let index): "\(split)-\(Self.padded(index)).shard"
    }
  }

  /// The files that `SHA256SUMS` lists for `manifest`, in its order.
  static func summed(_ manifest: DataManifest) -> [DataFile] {
    [.manifest, .tokenizer, .tokenByteCounts]
      + Split.allCases.flatMap { split in
        manifest[split].shardTokens.indices.map { .shard(split, $0) }
      }
  }

  /// Whether `name` could be that of a file of a data directory.
  static func isKnown(_ name: String) -> Bool {
    if [manifest, tokenizer, tokenByteCounts, checksums].contains(where: { $0.name == name }) {
      return true
    }
    return name.hasSuffix(".shard") && Split.allCases.contains { name.hasPrefix("\($0)-") }
  }

  private static func padded(_ index: Int) -> String {
    let digits = String(index)
    return String(repeating: "0", count: max(5 - digits.count, 0)) + digits
  }
}

/// The lines of `SHA256SUMS`.
struct Checksums {
  private(set) var lines: [(name: String, fingerprint: Fingerprint)] = []

  mutating func append(_ file: DataFile, _ fingerprint: Fingerprint) {
    lines.append((file.name, fingerprint))
  }

  subscript(file: DataFile) -> Fingerprint? {
    lines.first { $0.name == file.name }?.fingerprint
  }

  var bytes: [UInt8] {
    Array(lines.map { "\($0.fingerprint)  \($0.name)\n" }.joined().utf8)
  }

  init() {}

  /// Reads the lines of the file at `path`, whose content is `bytes`.
  init(_ bytes: [UInt8], path: FilePath) throws(DataError) {
    var offset = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      defer { offset += line.count + 1 }
      if line.isEmpty, offset == bytes.count { continue }
      let hex = String(decoding: line.prefix(64), as: UTF8.self)
      guard let fingerprint = Fingerprint(hex: hex), line.dropFirst(64).starts(with: "  ".utf8)
      else { throw .corrupt(path, offset: offset, reason: "expected a SHA-256 and a file name") }
      lines.append((String(decoding: line.dropFirst(66), as: UTF8.self), fingerprint))
    }
    guard self.bytes == bytes else {
      throw .corrupt(path, offset: 0, reason: "expected one line for each file")
    }
  }
}
