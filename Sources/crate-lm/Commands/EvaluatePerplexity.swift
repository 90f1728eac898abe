import ArgumentParser
import CRATELM
import SystemPackage
import TextModels

/// The way a text is cut, on the command line.
enum ProtocolChoice: String, CaseIterable, ExpressibleByArgument {
  case document, sliding, chunk
}

/// The perplexity of a model on text.
struct EvaluatePerplexity: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perplexity",
    abstract: "Measure loss, perplexity and bits per byte.",
    discussion: """
      The loss is in nats per token; perplexity is e to the loss. Bits per byte compare models \
      with different vocabularies. A protocol says how the text is cut into windows:

        document  Each document by itself after the token that begins a text, in
                  consecutive windows of one context, the last one moved back to
                  be full. Each token counts once. As in lm-evaluation-harness.
        sliding   Each document by itself, in windows --stride tokens apart that
                  count their new tokens only. As in the transformers guide.
        chunk     All documents as one stream, cut into windows of one context,
                  as in training.

      Masked models are scored by their pseudo-log-likelihood. With --data and no --protocol they \
      predict 15 % of the tokens instead, always the same ones (protocol 'masked'), which gives no \
      bits per byte.

        crate-lm evaluate perplexity run --text other-book.txt
        crate-lm evaluate perplexity run --data data
      """)

  @OptionGroup var input: ModelPath

  @OptionGroup var text: MeasuredText

  @Option(
    name: .customLong("protocol"),
    help: "The way the text is cut. (default: document with --text, chunk with --data)")
  var choice: ProtocolChoice?

  @Option(
    number: """
      With --protocol sliding, the number of tokens from window to window. (default: half a window)
      """)
  var stride: Int?

  @Option(number: "The most tokens seen at once, at most the model's. (default: the model's)")
  var context: Int?

  @Option(number: "The number of samples that the bootstrap draws for standard errors.")
  var bootstrapSamples = Bootstrap.usualResamples

  @Option(help: "A number that decides the draws of the bootstrap.")
  var seed = Seed.zero

  @OptionGroup var scoring: ScoringOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    guard stride == nil || choice == .sliding else {
      throw ValidationError("--stride is for --protocol sliding.")
    }
    try Self.require("bootstrap-samples", bootstrapSamples, from: 2, to: 1_000_000)
  }

  func run() throws {
    let loaded = try scoring.use.load(input.path, notes: report.notes)
    let shape = loaded.model.configuration
    try Self.require(
      "context", context, from: 1, to: shape.contextLength, remark: ", the model's context")
    let progress = ScoringLine(quiet: report.quiet)
    defer { progress.clear() }
    let task = Perplexity(loaded, context: context, progress: progress.show)
    let source = try text.source(for: loaded, notes: report.notes)
    let result: Perplexity.Result
    if case .data(let data, let split) = source, choice == nil,
      shape.objective.examples == .hiddenTokens
    {
      guard scoring.metric == nil else {
        throw ValidationError(
          "--metric is for pseudo-log-likelihoods; give --protocol document, sliding or chunk too."
        )
      }
      result = try task.evaluateHiddenTokens(
        of: data, split, threads: scoring.use.threads.count)
    } else {
      result = try task.evaluate(
        source, by: evaluationProtocol(shape.objective, context: context ?? shape.contextLength),
        scorer: scoring.scorer(loaded))
    }
    progress.clear()
    try report.print(
      PerplexityReport(
        result: result, bootstrap: Bootstrap(resamples: bootstrapSamples, seed: seed.value)))
  }

  private func evaluationProtocol(_ objective: Objective, context: Int) -> EvaluationProtocol {
    switch choice ?? (text.data == nil ? .document : .chunk) {
    case .document: .document
    case .chunk: .chunk
    case .sliding:
      .sliding(stride: stride ?? max(1, (context - objective.frame.tokenCount) / 2))
    }
  }
}
