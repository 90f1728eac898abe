import ArgumentParser
import CRATELM
import Storage
import TextModels

/// The share of pairs in which a model prefers the grammatical sentence.
struct EvaluateBLiMP: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blimp",
    abstract: "Measure how often the grammatical sentence of a pair is the more probable one.",
    discussion: """
      Inputs: files with a pair on every line, or directories of .jsonl files.

      BLiMP (Warstadt and others 2020, arXiv:1912.00582). Every line has "sentence_good" and \
      "sentence_bad". "UID" names the paradigm, or else the file does; "field" and \
      "linguistics_term" name groups of paradigms.

      A sentence's score is the sum of its tokens' log-probabilities, as in lm-evaluation-harness. \
      A causal model reads its prefix token and a space before the sentence; a masked model gives \
      a pseudo-log-likelihood. The good sentence also wins a tie; ties are counted.
      """)

  @OptionGroup var input: ModelWithInputs

  @OptionGroup var scoring: ScoringOptions
  @OptionGroup var report: ReportOptions

  func run() throws {
    let loaded = try scoring.use.load(input.path, notes: report.notes)
    let progress = ScoringLine(quiet: report.quiet)
    defer { progress.clear() }
    try report.print(
      BLiMP.evaluate(
        input.paths, model: loaded, scorer: scoring.scorer(loaded), progress: progress.show))
  }
}

extension BLiMP.Result: Report {
  var fields: JSONFields {
    [
      "accuracy": all.accuracy, "pairs": all.pairs, "ties": all.ties,
      "paradigms": tallies.map(\.fields), "fields": groups(\.field).map(\.fields),
      "linguistics_terms": groups(\.term).map(\.fields),
    ] + settings.fields
  }

  var text: String {
    func block(_ title: String, _ rows: [BLiMP.Group]) -> String {
      guard !rows.isEmpty else { return "" }
      let lines = rows.map {
        "  \(Quantity.fixed(100 * $0.accuracy, 2)) %  \($0.name), \($0.pairs.counting("pair"))\n"
      }
      return title + "\n" + lines.joined()
    }
    return block("paradigms", each) + block("linguistics terms", groups(\.term))
      + block("fields", groups(\.field))
      + "accuracy        \(Quantity.fixed(100 * all.accuracy, 2)) %, "
      + "\(all.pairs.counting("pair")), "
      + "\(all.ties.counting("tie")), the mean of \(tallies.count.counting("paradigm"))\n"
      + settings.text
  }
}

extension BLiMP.Tally {
  fileprivate var fields: JSONFields {
    [
      "name": paradigm.name, "field": paradigm.field, "linguistics_term": paradigm.term,
      "accuracy": accuracy.value, "standard_error": accuracy.standardError,
      "pairs": accuracy.count, "ties": ties,
    ]
  }
}

extension BLiMP.Group {
  fileprivate var fields: JSONFields {
    [
      "name": name, "accuracy": accuracy, "pairs": pairs, "ties": ties,
      "paradigms": tallies.count,
    ]
  }
}
