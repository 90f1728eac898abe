import ArgumentParser
import CRATELM
import SystemPackage
import TextModels

/// How a text is cut, on the command line.
enum ProtocolChoice: String, CaseIterable, ExpressibleByArgument {
  case document, sliding, chunk
}

/// The perplexity of a model on text.
struct EvaluatePerplexity: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perplexity",
    abstract: "Measure loss, perplexity and bits per byte.",
    discussion: """
      Protocols: 'document', as lm-evaluation-harness: every document by itself after the token \
      that begins one, every token once, in consecutive windows of one context of which the last \
      is moved back to be full. 'sliding', as transformers' guide: windows --stride tokens apart, \
      of which only the new tokens are scored. 'chunk': the documents as one stream, cut into \
      windows of one context. With --data and without --protocol, 15 % of the tokens of a masked \
      model are predicted, always the same ones (protocol 'masked'), which gives no bits per byte; \
      otherwise masked models are scored by their pseudo-log-likelihood.
      """)

  @OptionGroup var input: ModelPath

  @Option(
    parsing: .upToNextOption, help: "Text files or directories, plain, .jsonl, .gz or .zst.")
  var text: [String] = []

  @Option(help: "The field of a .jsonl line that holds its text.")
  var textField = "text"

  @Option(help: "A data directory packed with the model's tokenizer.")
  var data: String?

  @Option(help: "The split of the data.")
  var split = Split.validation

  @Option(
    name: .customLong("protocol"),
    help: "document, sliding or chunk. (default: document with --text, chunk with --data)")
  var choice: ProtocolChoice?

  @Option(help: "Tokens from window to window, with --protocol sliding. (default: half a window)")
  var stride: Int?

  @Option(help: "Tokens seen at once, at most the model's. (default: the model's)")
  var context: Int?

  @Option(help: "Samples that the bootstrap draws for standard errors.")
  var bootstrapSamples = Bootstrap.usualResamples

  @Option(help: "Decides the draws of the bootstrap.")
  var seed = Seed.zero

  @OptionGroup var scoring: ScoringOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    guard text.isEmpty != (data == nil) else {
      throw ValidationError("Give either --text or --data.")
    }
    guard stride == nil || choice == .sliding else {
      throw ValidationError("--stride is for --protocol sliding.")
    }
    try Self.require("bootstrap-samples", bootstrapSamples, from: 2, to: 1_000_000)
  }

  func run() throws {
    let loaded = try scoring.use.load(input.model, notes: report.notes)
    let shape = loaded.model.configuration
    try Self.require(
      "context", context, from: 1, to: shape.contextLength, remark: ", the model's context")
    let progress = ScoringLine(quiet: report.quiet)
    defer { progress.clear() }
    let task = Perplexity(loaded, context: context, progress: progress.show)
    let data = try data.map {
      try TokenData(directory: FilePath($0), tokenizer: loaded.fingerprint)
    }
    let result: Perplexity.Result
    if let data, choice == nil, shape.objective.examples == .hiddenTokens {
      guard scoring.metric == nil else {
        throw ValidationError(
          "--metric is for pseudo-log-likelihoods; give --protocol document, sliding or chunk too."
        )
      }
      result = try task.evaluateHiddenTokens(
        of: data, split, threads: scoring.use.threads.count)
    } else {
      result = try task.evaluate(
        data.map { .data($0, split) }
          ?? .documents(DocumentSource(inputs: text, textField: textField)),
        by: evaluationProtocol(shape.objective, context: context ?? shape.contextLength),
        scorer: scoring.scorer(loaded))
    }
    progress.clear()
    try report.print(
      PerplexityReport(
        result: result, bootstrap: Bootstrap(resamples: bootstrapSamples, seed: seed.value)))
  }

  private func evaluationProtocol(_ objective: Objective, context: Int) -> EvaluationProtocol {
    switch choice ?? (data == nil ? .document : .chunk) {
    case .document: .document
    case .chunk: .chunk
    case .sliding:
      .sliding(stride: stride ?? max(1, (context - objective.frame.tokenCount) / 2))
    }
  }
}
