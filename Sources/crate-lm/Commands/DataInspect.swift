import ArgumentParser
import CRATELM
import Storage

/// The numbers of a data directory.
struct DataInspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Print the numbers of tokens, documents, bytes and shards of a data directory.")

  @OptionGroup var input: DataInput
  @OptionGroup var report: ReportOptions

  func run() throws { try report.print(DataReport(data: input.open())) }
}

/// A check of every byte of a data directory.
struct DataVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Read a whole data directory and check every token and checksum.")

  @OptionGroup var input: DataInput
  @OptionGroup var report: ReportOptions

  func run() throws {
    let data = try input.open()
    var progress = InputProgress("Verifying", byteCount: data.shardByteCount, quiet: report.quiet)
    defer { progress.clear() }
    try data.verify { progress.update($0) }
    progress.clear()
    let numbers = DataReport(data: data)
    try report.print(
      text:
        "\(input.directory): \(numbers.tokens) tokens in \(numbers.shards) shards, all sound.\n",
      json: numbers.fields)
  }
}

/// The numbers of a data directory, to be printed.
struct DataReport: Report {
  let data: TokenData

  private var manifest: DataManifest { data.manifest }
  /// Tokens of both splits.
  var tokens: Int { total(\.tokens) }
  /// Shards of both splits.
  var shards: Int { total(\.shardTokens.count) }

  private func total(_ count: KeyPath<DataManifest.Totals, Int>) -> Int {
    Split.allCases.reduce(0) { $0 + manifest[$1][keyPath: count] }
  }

  var fields: JSONFields {
    let all: JSONFields = [
      "tokens": tokens, "documents": total(\.documents), "bytes": total(\.bytes),
      "shards": shards, "shard_bytes": data.shardByteCount,
      "tokenizer": manifest.tokenizer.description, "vocabulary_size": manifest.vocabularySize,
      "end_of_document": manifest.endOfDocument,
      "validation_fraction": manifest.validationFraction, "seed": manifest.seed,
    ]
    return Split.allCases.reduce(all) { fields, split in
      let totals = manifest[split]
      let numbers: JSONFields = [
        "tokens": totals.tokens, "documents": totals.documents, "bytes": totals.bytes,
        "shards": totals.shardTokens.count,
      ]
      return fields + [split.rawValue: numbers]
    }
  }

  /// A line for each split, then lines for both.
  var text: String {
    let splits = Split.allCases.map { split in
      let totals = manifest[split]
      return "\(split): \(totals.tokens) tokens, \(totals.documents) documents, "
        + "\(totals.bytes) bytes, \(totals.shardTokens.count) shards\n"
    }
    return splits.joined() + """
      on disk: \(data.shardByteCount) bytes
      tokenizer: \(manifest.tokenizer), \(manifest.vocabularySize) entries

      """
  }
}
