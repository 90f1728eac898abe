import ArgumentParser
import CRATELM
import Files
import StrictJSON
import SystemPackage
import Tokenizer

/// How well a model predicts.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure how well a model predicts text.",
    subcommands: [EvaluatePerplexity.self])
}

/// The perplexity of a model on text.
struct EvaluatePerplexity: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perplexity",
    abstract: "Measure loss, perplexity and bits per byte.",
    discussion: """
      With --text each file is a document after the token that begins one; every token is predicted \
      once, in consecutive windows of one context, the last of them moved back to be full (protocol \
      'document'). With --data a split is cut into windows of one context (protocol 'chunk'); of a \
      masked model 15 % of its tokens are predicted, always the same ones (protocol 'masked'), which \
      gives no bits per byte.
      """)

  @Option(help: "A run, one of its checkpoints, or an exported directory.")
  var model: String

  @Option(
    parsing: .upToNextOption, help: "Text files or directories, plain, .jsonl, .gz or .zst.")
  var text: [String] = []

  @Option(help: "A data directory packed with the model's tokenizer.")
  var data: String?

  @Option(help: "The split of the data.")
  var split = Split.validation

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  private static let windowsAtOnce = 8

  func validate() throws {
    guard text.isEmpty != (data == nil) else {
      throw ValidationError("Give either --text or --data.")
    }
  }

  func run() throws {
    let loaded = try LoadedModel(model, quiet: report.quiet)
    let result = try data.map { try evaluate(loaded, data: $0) } ?? evaluateText(loaded)
    if report.json {
      try JSONOutput.print(result.json)
    } else {
      try StandardOutput.write(result.text)
    }
  }

  private func evaluate(_ loaded: LoadedModel, data: String) throws -> PerplexityReport {
    let tokens = try TokenData(directory: FilePath(data), tokenizer: loaded.fingerprint)
    let evaluator = try Evaluator(
      model: loaded.model, data: tokens, vocabulary: loaded.maskingVocabulary(),
      sequences: Self.windowsAtOnce, threads: threads.count)
    var line = ProgressLine(quiet: report.quiet)
    defer { line.clear() }
    let result = try evaluator.evaluate(split) { done, all in
      line.update("Evaluating \(100 * done / all) %, \(Quantity.count(done)) tokens")
    }
    guard let result else {
      throw DataError.splitTooShort(
        tokens.directory, split, tokens: tokens[split].tokenCount,
        contextLength: loaded.model.configuration.contextLength)
    }
    return PerplexityReport(
      result, words: nil, protocol: .data(for: loaded.model.configuration.objective))
  }

  private func evaluateText(_ loaded: LoadedModel) throws -> PerplexityReport {
    let scorer = try Scorer(
      model: loaded.model, sequences: Self.windowsAtOnce, threads: threads.count)
    var result = EvaluationReport()
    var bytes = 0
    var words = WordCounter()
    var encoder = loaded.tokenizer.makeEncoder()
    let beginning = loaded.tokenizer.endOfText.map { [$0] } ?? []
    var ids = beginning
    let source = try DocumentSource(inputs: text)
    var progress = InputProgress("Evaluating", byteCount: source.byteCount, quiet: report.quiet)
    defer { progress.clear() }
    try source.forEachChunk { chunk in
      progress.update(chunk.readByteCount)
      try encoder.encode(chunk.bytes.span, specialTokens: .treatAsText, into: &ids)
      words.add(chunk.bytes)
      bytes += chunk.bytes.count
      guard chunk.isLast else { return }
      if beginning.isEmpty, let first = ids.first {
        // Nothing precedes the first token, so that neither it nor its bytes count.
        bytes -= loaded.tokenizer.bytes(of: first)?.count ?? 0
      }
      let logProbabilities = scorer.logProbabilities(of: ids)
      result.totalLoss -= logProbabilities.reduce(0, +)
      result.tokens += logProbabilities.count
      words.endDocument()
      ids = beginning
    }
    result.bytes = bytes
    guard result.tokens > 0 else {
      throw ConfigurationError(
        "The text has no token to predict; expected at least one after the first.")
    }
    return PerplexityReport(result, words: words.count, protocol: .document)
  }
}

/// Counts words as Python's `str.split()` does for ASCII white space.
struct WordCounter {
  private(set) var count = 0
  private var isInWord = false

  mutating func add(_ bytes: [UInt8]) {
    for byte in bytes {
      let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
      if isInWord, isSpace { count += 1 }
      isInWord = !isSpace
    }
  }

  mutating func endDocument() {
    if isInWord { count += 1 }
    isInWord = false
  }
}

/// The result of `evaluate perplexity`.
struct PerplexityReport {
  enum EvaluationProtocol: String {
    case document, chunk, masked

    /// That of packed data.
    static func data(for objective: Objective) -> EvaluationProtocol {
      switch objective {
      case .causal: .chunk
      case .masked: .masked
      }
    }
  }

  private let result: EvaluationReport
  private let words: Int?
  private let evaluationProtocol: EvaluationProtocol

  init(_ result: EvaluationReport, words: Int?, protocol: EvaluationProtocol) {
    self.result = result
    self.words = words
    evaluationProtocol = `protocol`
  }

  var json: JSONValue {
    .members([
      ("loss", .number(result.loss)), ("perplexity", .number(result.perplexity)),
      ("bits_per_byte", result.bitsPerByte.map(JSONValue.number) ?? .null),
      ("byte_perplexity", result.bytes.map { .number(result.perplexity(per: $0)) } ?? .null),
      ("word_perplexity", words.map { .number(result.perplexity(per: $0)) } ?? .null),
      ("tokens", .count(result.tokens)), ("bytes", result.bytes.map(JSONValue.count) ?? .null),
      ("words", words.map { .count($0) } ?? .null),
      ("protocol", .string(evaluationProtocol.rawValue)),
    ])
  }

  var text: String {
    let bits = result.bitsPerByte.map { "bits per byte  \(Quantity.fixed($0, 4))\n" } ?? ""
    return """
      loss           \(Quantity.fixed(result.loss, 4)) nats per token
      perplexity     \(Quantity.fixed(result.perplexity, 2))
      \(bits)tokens         \(result.tokens)\(result.bytes.map { ", \($0) bytes" } ?? "")
      protocol       \(evaluationProtocol.rawValue)

      """
  }
}
