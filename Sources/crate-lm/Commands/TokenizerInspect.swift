import ArgumentParser
import CRATELM
import Storage
import TextModels
import Tokenizer

/// The numbers of a tokenizer.
struct TokenizerInspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Print the facts about a tokenizer and, for given texts, their bytes per token.")

  @Argument(help: "Text files, directories of them, or - for standard input.")
  var files: [String] = []

  @OptionGroup var tokenizer: TokenizerOption

  @OptionGroup var report: ReportOptions

  func run() throws {
    let path = tokenizer.path
    let tokenizer = try tokenizer.load(notes: report.notes)
    let summary = TokenizerSummary(
      tokenizer, end: try TokenizerStore.documentEnd(of: tokenizer, at: path))
    let counts = try files.map { try count($0, tokenizer) }
    try report.print(
      text: summary.text + counts.map(\.text).joined(),
      json: summary.fields + (counts.isEmpty ? [:] : ["files": counts.map(\.fields)]))
  }

  private func count(_ input: String, _ tokenizer: any TextTokenizer) throws -> TokenCount {
    var count = TokenCount(input: input)
    var encoder = tokenizer.makeEncoder()
    var ids: [TokenID] = []
    let source = try DocumentSource(inputs: [RawBytes.path(input)])
    var progress = InputProgress("Encoding", byteCount: source.byteCount, quiet: report.quiet)
    defer { progress.clear() }
    try source.forEachChunk(for: tokenizer) { chunk in
      ids.removeAll(keepingCapacity: true)
      try encoder.encode(chunk.bytes.span, specialTokens: .treatAsText, into: &ids)
      count.bytes += chunk.bytes.count
      count.tokens += ids.count
      progress.update(chunk.readByteCount)
    }
    return count
  }

  /// The length of a text in bytes and in tokens.
  private struct TokenCount {
    let input: String
    var bytes = 0
    var tokens = 0

    /// `nil` for a text without tokens.
    var bytesPerToken: Double? { tokens == 0 ? nil : Double(bytes) / Double(tokens) }

    var fields: JSONFields {
      ["path": input, "bytes": bytes, "tokens": tokens, "bytes_per_token": bytesPerToken]
    }

    var text: String {
      let ratio = bytesPerToken.map { ", \(Quantity.fixed($0, 3)) bytes per token" } ?? ""
      return "\(input): \(bytes.counting("byte")), \(tokens.counting("token"))\(ratio)\n"
    }
  }
}

/// The numbers of a tokenizer, to be printed.
struct TokenizerSummary: Report {
  private let tokenizer: any TextTokenizer
  private let end: DocumentEnd
  private let fingerprint: Fingerprint

  /// The numbers of `tokenizer`; `nil` for the end of documents that its names tell.
  init(_ tokenizer: any TextTokenizer, end: DocumentEnd? = nil) {
    self.tokenizer = tokenizer
    self.end = end ?? DocumentEnd(id: tokenizer.endOfText, in: tokenizer)
    fingerprint = Fingerprint(of: tokenizer.serialized())
  }

  var fields: JSONFields {
    [
      "type": model.type, "vocabulary_size": tokenizer.vocabularySize,
      "tokens": tokenizer.tokenCount, "merges": model.mergeCount,
      "special_tokens": tokenizer.specialTokens.map {
        ["id": $0.id, "content": $0.content] as JSONFields
      },
      "end_of_document": end.id,
      "normalization": tokenizer.normalizer.steps.map(\.name),
      "split": split.name, "split_known_by": split.source?.name ?? "model",
      "tokenizer": fingerprint.description, "icu": ICUVersion.library,
      "unicode": ICUVersion.unicode,
    ]
  }

  /// A line for each part.
  var text: String {
    let steps = tokenizer.normalizer.steps.map(\.name).joined(separator: ", ")
    let merges = model.mergeCount.map { ", \($0.counting("merge"))" } ?? ""
    let special = tokenizer.specialTokens.map { "special: \($0.id) \($0.content)\n" }
    return """
      \(model.type), \(tokenizer.vocabularySize.counting("token"))\(merges)
      normalization: \(steps.isEmpty ? "none" : steps)
      split: \(split.name), \(split.source?.clause ?? "that of WordPiece")
      \(special.joined())between documents: \(end == .unknown ? "not known" : tokenizer.name(ofEnd: end.id))
      fingerprint: \(fingerprint)

      """
  }

  /// How text is split, and how that is known; `nil` where the model alone tells it.
  private var split: (name: String, source: SplitSource?) {
    switch tokenizer {
    case let tokenizer as ByteLevelBPETokenizer: (tokenizer.pattern.rawValue, tokenizer.splitSource)
    case let tokenizer as ComposedTokenizer:
      (tokenizer.preTokenizer?.typeNames.joined(separator: ", ") ?? "none", .stated)
    default: ("bert", nil)
    }
  }

  private var model: (type: String, mergeCount: Int?) {
    switch tokenizer.model {
    case .byteLevelBPE(let mergeCount), .bytePair(let mergeCount):
      (VocabularyType.bpe.rawValue, mergeCount)
    case .wordPiece: (VocabularyType.wordpiece.rawValue, nil)
    }
  }
}

extension SplitSource {
  /// The name in a JSON report.
  fileprivate var name: String {
    switch self {
    case .stated: "file"
    case .form: "form"
    case .fingerprint: "fingerprint"
    case .given: "given"
    }
  }

  /// The same, as a part of a sentence.
  fileprivate var clause: String {
    switch self {
    case .stated: "as the file says"
    case .form: "taken for vocab.json with merges.txt; --family says another"
    case .fingerprint(let ranks): "known by the fingerprint of \(ranks.rawValue)"
    case .given: "given by --family"
    }
  }
}
