import ArgumentParser
import CRATELM
import TextModels

/// The share of passages whose end a model predicts.
struct EvaluateLAMBADA: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lambada",
    abstract: "Measure how well a causal model predicts the last word of passages.",
    discussion: """
      Inputs: files with a passage on every line, or directories of .jsonl files.

      LAMBADA (Paperno and others 2016, arXiv:1606.06031), OpenAI's variant, scored as in \
      lm-evaluation-harness. Every line has "text", whose last word is the target, or "context" \
      and "continuation", which is the target. Accuracy is the share of targets in which every \
      token is the most probable one. Perplexity counts per target: e to the mean negative \
      log-likelihood of a target.
      """)

  @OptionGroup var input: ModelWithInputs

  @OptionGroup var use: ModelUse
  @OptionGroup var report: ReportOptions

  func run() throws {
    let loaded = try use.load(input.path, notes: report.notes)
    try loaded.model.configuration.require(.causal)
    let progress = ScoringLine(quiet: report.quiet)
    defer { progress.clear() }
    let result = try LAMBADA.evaluate(
      input.paths, model: loaded, scorer: loaded.scorer(threads: use.threads.count),
      progress: progress.show)
    try report.print(
      text: """
        accuracy        \(result.accuracy.text)
        perplexity      \(Quantity.fixed(result.perplexity, 4))
        \(result.settings.text)
        """,
      json: [
        "accuracy": result.accuracy.value, "standard_error": result.accuracy.standardError,
        "perplexity": result.perplexity, "examples": result.accuracy.count,
      ] + result.settings.fields)
  }
}
