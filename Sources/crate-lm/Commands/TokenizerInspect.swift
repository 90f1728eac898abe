import ArgumentParser
import Storage
import SystemPackage
import Tokenizer

/// The numbers of a tokenizer.
struct TokenizerInspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Print what a tokenizer is and, with texts, how many bytes a token stands for.")

  @Argument(help: "Text files, directories of them, or - for standard input.")
  var files: [String] = []

  @Option(help: "The tokenizer: a directory or file.")
  var tokenizer: String

  @OptionGroup var report: ReportOptions

  func run() throws {
    let textTokenizer = try TokenizerInput.load(FilePath(tokenizer), quiet: report.quiet)
    let summary = TokenizerSummary(textTokenizer)
    let counts = try files.map { try count($0, textTokenizer) }
    if report.json {
      let texts = counts.isEmpty ? [] : [("files", JSONValue.array(counts.map(\.json)))]
      try JSONOutput.print(.members(summary.members + texts))
    } else {
      try StandardOutput.write(
        ([summary.text] + counts.map(\.text)).joined(separator: "\n") + "\n")
    }
  }

  private func count(_ input: String, _ tokenizer: any TextTokenizer) throws -> TokenCount {
    let source = try DocumentSource(inputs: [input])
    var count = TokenCount(input: input)
    var encoder = tokenizer.makeEncoder()
    var ids: [TokenID] = []
    var progress = InputProgress("Encoding", byteCount: source.byteCount, quiet: report.quiet)
    defer { progress.clear() }
    try source.forEachChunk { chunk in
      ids.removeAll(keepingCapacity: true)
      try encoder.encode(chunk.bytes.span, specialTokens: .treatAsText, into: &ids)
      count.bytes += chunk.bytes.count
      count.tokens += ids.count
      progress.update(chunk.readByteCount)
    }
    return count
  }

  /// How long a text is, in bytes and in tokens.
  private struct TokenCount {
    let input: String
    var bytes = 0
    var tokens = 0

    /// `nil` for a text without tokens.
    var bytesPerToken: Double? { tokens == 0 ? nil : Double(bytes) / Double(tokens) }

    var json: JSONValue {
      .members([
        ("path", .string(input)), ("bytes", .count(bytes)), ("tokens", .count(tokens)),
        ("bytes_per_token", bytesPerToken.map(JSONValue.number) ?? .null),
      ])
    }

    var text: String {
      let ratio = bytesPerToken.map { ", \(Quantity.fixed($0, 3)) bytes per token" } ?? ""
      return "\(input): \(bytes) bytes, \(tokens) tokens\(ratio)"
    }
  }
}
