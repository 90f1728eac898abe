import ArgumentParser
import CRATELM
import TextModels

/// The share of examples in which a model finds the right one of several endings.
struct EvaluateChoice: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "choice",
    abstract: "Measure how often the right ending of a context is the most probable one.",
    discussion: """
      Inputs: files with an example on every line, or directories of .jsonl files.

      Every line is such as

        {"context": "The sky is", "endings": ["blue", "square"], "label": 0}

      where label is the index of the right ending, from 0, or its text. An ending's score is the \
      sum of its tokens' log-probabilities after the context. As in lm-evaluation-harness, accuracy takes the ending \
      with the largest score, acc_norm with the largest score per character, acc_bytes with the \
      largest score per byte; among equals the first.
      """)

  @OptionGroup var input: ModelWithInputs

  @Option(help: "The text between a context and an ending; the default is one space.")
  var delimiter = " "

  @OptionGroup var scoring: ScoringOptions
  @OptionGroup var report: ReportOptions

  func run() throws {
    let loaded = try scoring.use.load(input.path, notes: report.notes)
    let progress = ScoringLine(quiet: report.quiet)
    defer { progress.clear() }
    let result = try MultipleChoice.evaluate(
      input.paths, delimiter: delimiter, model: loaded, scorer: scoring.scorer(loaded),
      progress: progress.show)
    try report.print(
      text: """
        accuracy        \(result.sum.text)
        per character   \(result.perCharacter.text) (acc_norm)
        per byte        \(result.perByte.text) (acc_bytes)
        \(result.settings.text)
        """,
      json: [
        "accuracy": result.sum.value, "acc_norm": result.perCharacter.value,
        "acc_bytes": result.perByte.value, "standard_error": result.sum.standardError,
        "examples": result.sum.count,
      ] + result.settings.fields)
  }
}
