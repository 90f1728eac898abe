import ArgumentParser
import CRATELM

/// Whether a model prefers grammatical sentences.
struct EvaluateBLiMP: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blimp",
    abstract: "Measure how often the grammatical sentence of a pair is the more probable one.",
    discussion: """
      BLiMP (Warstadt and others 2020, arXiv:1912.00582): lines with "sentence_good" and \
      "sentence_bad"; "UID" names their paradigm, or else the file does, "field" and \
      "linguistics_term" the groups it belongs to. Sentences are compared by the sum of their \
      tokens' log-probabilities, as in lm-evaluation-harness: a causal model reads its prefix token \
      and a space before a sentence, a masked one scores it by its pseudo-log-likelihood. Of equals \
      the first, the good one, counts as preferred; ties are counted.
      """)

  @OptionGroup var input: ModelPath

  @Argument(help: "Files of pairs, or directories of .jsonl files.")
  var files: [String]

  @OptionGroup var scoring: ScoringOptions
  @OptionGroup var report: ReportOptions

  func run() throws {
    let loaded = try scoring.use.load(input.model, quiet: report.quiet)
    let scorer = try scoring.scorer(loaded)
    var encoder = try TaskEncoder(loaded, scorer: scorer)
    let separator = encoder.readsPrefix ? " " : ""
    var result = BLiMPReport(settings: EvaluationSettings(loaded, metric: scorer.metric))
    try TaskLine.score(
      files, kind: "pairs of sentences", quiet: report.quiet, by: scorer.logProbabilities
    ) { line in
      let passages = try ["sentence_good", "sentence_bad"].map { name in
        try encoder.passage(context: "", continuation: separator + line.text(name), line: line)
      }
      return (BLiMPReport.Paradigm(line), passages)
    } finish: { paradigm, values in
      let sums = values.map { $0.reduce(0, +) }
      result.add(paradigm, good: sums[0], bad: sums[1])
    }
    try report.print(result)
  }
}
