import CRATELM
import Storage

/// The numbers of a data directory, to be printed.
struct DataReport {
  private let manifest: DataManifest
  private let shardByteCount: Int

  init(_ data: TokenData) {
    manifest = data.manifest
    shardByteCount = data.shardByteCount
  }

  /// Tokens of both splits.
  var tokens: Int { total(\.tokens) }
  /// Shards of both splits.
  var shards: Int { total(\.shardTokens.count) }

  var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [
      ("tokens", .count(tokens)),
      ("documents", .count(total(\.documents))),
      ("bytes", .count(total(\.bytes))),
      ("shards", .count(shards)),
      ("shard_bytes", .count(shardByteCount)),
      ("tokenizer", .string(manifest.tokenizer.description)),
      ("vocabulary_size", .count(manifest.vocabularySize)),
      ("end_of_document", manifest.endOfDocument.map { .count(Int($0)) } ?? .null),
      ("validation_fraction", .number(manifest.validationFraction)),
      ("seed", .integer(Int64(bitPattern: manifest.seed))),
    ]
    for split in Split.allCases {
      members.append((split.rawValue, json(manifest[split])))
    }
    return .members(members)
  }

  /// Prints the numbers to standard output.
  func print(asJSON: Bool) throws {
    if asJSON { try JSONOutput.print(json) } else { try StandardOutput.write(text + "\n") }
  }

  /// One line for each split, then what they share.
  private var text: String {
    var lines = Split.allCases.map { split in
      let totals = manifest[split]
      return "\(split): \(totals.tokens) tokens, \(totals.documents) documents, "
        + "\(totals.bytes) bytes, \(totals.shardTokens.count) shards"
    }
    lines.append("on disk: \(shardByteCount) bytes")
    lines.append("tokenizer: \(manifest.tokenizer), \(manifest.vocabularySize) entries")
    return lines.joined(separator: "\n")
  }

  private func total(_ count: KeyPath<DataManifest.Totals, Int>) -> Int {
    Split.allCases.reduce(0) { $0 + manifest[$1][keyPath: count] }
  }

  private func json(_ totals: DataManifest.Totals) -> JSONValue {
    .members([
      ("tokens", .count(totals.tokens)),
      ("documents", .count(totals.documents)),
      ("bytes", .count(totals.bytes)),
      ("shards", .count(totals.shardTokens.count)),
    ])
  }
}
