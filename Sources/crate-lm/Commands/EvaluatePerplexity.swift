import ArgumentParser
import CRATELM
import SystemPackage
import Tokenizer

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
    let loaded = try scoring.use.load(input.model, quiet: report.quiet)
    let shape = loaded.model.configuration
    try Self.require(
      "context", context, from: 1, to: shape.contextLength, remark: ", the model's context")
    let progress = ScoringProgress(quiet: report.quiet)
    defer { progress.clear() }
    let result =
      if let data, choice == nil, shape.objective.examples == .hiddenTokens {
        try hiddenTokens(loaded, data: data, progress)
      } else {
        try evaluate(loaded, progress)
      }
    progress.clear()
    try report.print(result)
  }

  private func evaluate(
    _ loaded: LoadedModel, _ progress: ScoringProgress
  ) throws -> PerplexityReport {
    let shape = loaded.model.configuration
    let context = context ?? shape.contextLength
    let chosen = evaluationProtocol(shape.objective, context: context)
    let scorer = try scoring.scorer(loaded)
    var source = PerplexitySource(loaded: loaded, progress: progress)
    let evaluation = try PerplexityEvaluation(
      scorer: scorer, evaluationProtocol: chosen, contextLength: context,
      vocabulary: PerplexityEvaluation.Vocabulary(
        spelledBytes: loaded.tokenizer.spelledBytes,
        endOfDocument: data == nil || chosen == .document ? loaded.tokenizer.endOfText : nil,
        unknown: loaded.tokenizer.unknownID),
      progress: progress.score)
    if let data {
      let tokens = try TokenData(directory: FilePath(data), tokenizer: loaded.fingerprint)
      try source.read(tokens, split, isStream: chosen == .chunk, into: evaluation)
    } else {
      try source.read(DocumentSource(inputs: text, textField: textField), into: evaluation)
    }
    guard var result = try evaluation.finish() else {
      guard source.tokenCount > 0 else { throw DataError.noText }
      throw ConfigurationError(
        """
        The text has \(source.tokenCount) tokens, none of which the protocol \(chosen.name) with a \
        context of \(context) has a score for; give more text, or another protocol or context.
        """)
    }
    if let documents = source.documentCount { result.documents = documents }
    return PerplexityReport(
      result: result, evaluationProtocol: chosen,
      settings: EvaluationSettings(
        loaded, metric: scorer.metric, context: context, hasPrefix: chosen == .document),
      bootstrap: Bootstrap(resamples: bootstrapSamples, seed: seed.value))
  }

  private func evaluationProtocol(_ objective: Objective, context: Int) -> EvaluationProtocol {
    switch choice ?? (data == nil ? .document : .chunk) {
    case .document: .document
    case .chunk: .chunk
    case .sliding:
      .sliding(stride: stride ?? max(1, (context - objective.frame.tokenCount) / 2))
    }
  }

  /// The loss at the tokens that the masks of validation hide.
  private func hiddenTokens(
    _ loaded: LoadedModel, data: String, _ progress: ScoringProgress
  ) throws -> PerplexityReport {
    let tokens = try TokenData(directory: FilePath(data), tokenizer: loaded.fingerprint)
    let context = context ?? loaded.model.configuration.contextLength
    guard scoring.metric == nil else {
      throw ValidationError(
        "--metric is for pseudo-log-likelihoods; give --protocol document, sliding or chunk too.")
    }
    let evaluator = try Evaluator(
      model: loaded.model, data: tokens, vocabulary: loaded.maskingVocabulary(),
      contextLength: context, sequences: Self.windowsAtOnce, threads: scoring.use.threads.count)
    progress.expect(tokens[split].tokenCount)
    var scored = 0
    let found = try evaluator.evaluate(split) { done, all in
      progress.read(done, of: all)
      progress.score(done - scored)
      scored = done
    }
    guard let found else {
      throw DataError.splitTooShort(
        tokens.directory, split, tokens: tokens[split].tokenCount, contextLength: context)
    }
    var result = PerplexityEvaluation.Result()
    result.report = found
    result.documents = tokens.manifest[split].documents
    if let unknown = loaded.tokenizer.unknownID {
      try tokens[split].forEachPiece { ids in
        result.unknownTokens += ids.count { $0 == unknown }
      }
    }
    return PerplexityReport(
      result: result, evaluationProtocol: nil,
      settings: EvaluationSettings(masked: loaded, context: context),
      bootstrap: Bootstrap(resamples: bootstrapSamples, seed: seed.value))
  }

  private static let windowsAtOnce = 8
}
