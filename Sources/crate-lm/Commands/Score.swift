import ArgumentParser
import CRATELM
import TextModels
import Tokenizer

/// The probability of every token of a text.
struct Score: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the log-probability of every token of a text.",
    discussion: """
      Every line has an id, the natural logarithm of its probability, and the token. A causal \
      model sees the tokens before, so the first token has none; a masked model sees the tokens \
      around (pseudo-log-likelihood). A text longer than the context is scored in consecutive \
      windows, the last one moved back to be full.
      """)

  @OptionGroup var input: ModelPath

  @Option(help: "The text to score.")
  var text: String?

  @Option(help: "Token ids to score, separated by spaces, instead of --text.")
  var ids: String?

  @OptionGroup var scoring: ScoringOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    guard (text == nil) != (ids == nil) else {
      throw ValidationError("Give either --text or --ids.")
    }
  }

  func run() throws {
    let loaded = try scoring.use.load(input.path, notes: report.notes)
    let scorer = try scoring.scorer(loaded)
    let tokens = try loaded.score(tokenIDs(loaded), by: scorer)
    let total = tokens.reduce(0) { $0 + ($1.logProbability ?? 0) }
    let lines = tokens.map { token in
      "\(token.id)\t\(token.logProbability.map { Quantity.fixed($0, 4) } ?? "-")\t"
        + "\(loaded.tokenizer.written(token.id).debugDescription)\n"
    }
    try report.print(
      text: lines.joined() + "total\t\(Quantity.fixed(total, 4))\t\(scorer.metric.name)\n",
      json: [
        "ids": tokens.map(\.id), "log_probabilities": tokens.map(\.logProbability),
        "total": total, "metric": scorer.metric.name, "formula": scorer.metric.formula,
      ])
  }

  private func tokenIDs(_ loaded: TextModel) throws -> [TokenID] {
    if let text { return try loaded.tokenizer.encode(text) }
    return try IDList.parse(ids ?? "", vocabularySize: loaded.tokenizer.vocabularySize)
  }
}
