import ArgumentParser
import CRATELM
import TextModels

/// Whether a model knows how a passage ends.
struct EvaluateLAMBADA: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lambada",
    abstract: "Measure how well a causal model predicts the last word of passages.",
    discussion: """
      LAMBADA (Paperno and others 2016, arXiv:1606.06031), OpenAI's variant as lm-evaluation-harness \
      scores it: lines with "text", whose last word after a space is the target, or with "context" \
      and "continuation". The accuracy is the share of targets all of whose tokens are the most \
      probable ones; the perplexity is that of the targets, exp of minus the mean of their \
      log-likelihoods, each the sum over its tokens.
      """)

  @Option(help: "A run of a causal model, one of its checkpoints, or an exported directory.")
  var model: String

  @Argument(help: "Files of passages, or directories of .jsonl files.")
  var files: [String]

  @OptionGroup var use: ModelUse
  @OptionGroup var report: ReportOptions

  func run() throws {
    let loaded = try use.load(model, notes: report.notes)
    try loaded.model.configuration.require(.causal)
    let progress = ScoringLine(quiet: report.quiet)
    defer { progress.clear() }
    let result = try LAMBADA.evaluate(
      files, model: loaded, scorer: loaded.scorer(threads: use.threads.count),
      progress: progress.show)
    try report.print(
      text: """
        accuracy        \(result.accuracy.text) examples
        perplexity      \(Quantity.fixed(result.perplexity, 4))
        \(result.settings.text)
        """,
      json: [
        "accuracy": result.accuracy.value, "standard_error": result.accuracy.standardError,
        "perplexity": result.perplexity, "examples": result.accuracy.count,
      ] + result.settings.fields)
  }
}
