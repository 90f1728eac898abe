import ArgumentParser
import CRATELM
import Tokenizer

/// The probability of every token of a text.
struct Score: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the log-probability of every token of a text.",
    discussion: """
      Natural logarithms: of a causal model given the tokens before, so that the first token has \
      none, of a masked one given the tokens around (pseudo-log-likelihood). A text longer than the \
      context is scored in consecutive windows, the last of them moved back to be full.
      """)

  @OptionGroup var input: ModelPath

  @Option(help: "The text.")
  var text: String?

  @Option(help: "Token ids, separated by spaces, instead of a text.")
  var ids: String?

  @OptionGroup var scoring: ScoringOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    guard (text == nil) != (ids == nil) else {
      throw ValidationError("Give either --text or --ids.")
    }
  }

  func run() throws {
    let loaded = try scoring.use.load(input.model, quiet: report.quiet)
    let tokens = try tokenIDs(loaded)
    guard !tokens.isEmpty else {
      throw ConfigurationError("The text is empty; expected at least one token.")
    }
    let scorer = try scoring.scorer(loaded)
    let logProbabilities = try scorer.logProbabilities(of: tokens)
    guard logProbabilities.contains(where: { $0 != nil }) else {
      throw ConfigurationError(nothingToScore(tokens, scorer.metric))
    }
    let total = logProbabilities.reduce(0) { $0 + ($1 ?? 0) }
    let lines = zip(tokens, logProbabilities).map { id, value in
      "\(id)\t\(value.map { Quantity.fixed($0, 4) } ?? "-")\t"
        + "\(loaded.tokenizer.written(id).debugDescription)\n"
    }
    try report.print(
      text: lines.joined() + "total\t\(Quantity.fixed(total, 4))\t\(scorer.metric.name)\n",
      json: [
        "ids": tokens, "log_probabilities": logProbabilities, "total": total,
        "metric": scorer.metric.name, "formula": scorer.metric.formula,
      ])
  }

  private func nothingToScore(_ tokens: [TokenID], _ metric: ScoringMetric) -> String {
    switch metric {
    case .logLikelihood: "The text has one token, which nothing precedes; expected at least two."
    case .pseudoLogLikelihood:
      "The text has \(tokens.count) special tokens only; expected one that can be hidden and scored."
    }
  }

  private func tokenIDs(_ loaded: LoadedModel) throws -> [TokenID] {
    if let text { return loaded.tokenizer.encode(text) }
    return try IDList.parse(ids ?? "", vocabularySize: loaded.tokenizer.vocabularySize)
  }
}
