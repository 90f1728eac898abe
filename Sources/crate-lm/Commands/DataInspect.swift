import ArgumentParser
import CRATELM
import Storage
import TextModels
import Tokenizer

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
        "\(input.directory): \(numbers.tokens.counting("token")) in "
        + "\(numbers.shards.counting("shard")), all sound.\n",
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
      "end_of_document": manifest.endOfDocument, "end_of_document_token": endToken,
      "validation_fraction": manifest.validationFraction, "validation_share": heldOutShare,
      "seed": manifest.seed,
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

  /// The part of the tokens that is held out.
  private var heldOutShare: Double { Double(manifest.validation.tokens) / Double(max(1, tokens)) }

  /// The size of the part held out, beside the one asked for.
  private var heldOut: String {
    guard manifest.validation.tokens > 0 else { return "nothing" }
    let asked =
      manifest.validationFraction > 0
      ? "\(percent(manifest.validationFraction)) asked for" : "given as it is"
    return "\(percent(heldOutShare)) of the tokens, \(asked)"
  }

  private func percent(_ share: Double) -> String { "\(Quantity.fixed(100 * share, 2)) %" }

  /// How the token behind each document is written; `nil` if nothing stands there.
  private var endToken: String? {
    manifest.endOfDocument.flatMap { try? TokenizerStore.load(data.tokenizerPath).written($0) }
  }

  /// A line for each split, then lines for both.
  var text: String {
    let splits = Split.allCases.map { split in
      let totals = manifest[split]
      // Of a document that is divided only the beginning is counted as one.
      let documents =
        totals.documents == 0 && totals.tokens > 0
        ? "passages of documents" : totals.documents.counting("document")
      return "\(split): \(totals.tokens.counting("token")), \(documents), "
        + "\(totals.bytes.counting("byte")), \(totals.shardTokens.count.counting("shard"))\n"
    }
    return splits.joined() + """
      held out: \(heldOut)
      between documents: \(endToken?.printable ?? "nothing")
      on disk: \(data.shardByteCount.counting("byte"))
      tokenizer: \(manifest.tokenizer), \(manifest.vocabularySize.counting("entry"))

      """
  }
}

extension TextTokenizer {
  /// How the token between documents is written, in a sentence.
  func name(ofEnd end: TokenID?) -> String { end.map(written) ?? "nothing" }
}
