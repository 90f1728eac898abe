import ArgumentParser
import CRATELM
import Storage
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

  @Option(help: "A run, one of its checkpoints, or an exported directory.")
  var model: String

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
    let loaded = try LoadedModel(
      model, weights: scoring.format.weights, threads: scoring.threads.count, quiet: report.quiet)
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
    guard !report.json else {
      return try JSONOutput.print(
        .members([
          ("ids", .ids(tokens)),
          (
            "log_probabilities",
            .array(logProbabilities.map { $0.map(JSONValue.number) ?? .null })
          ),
          ("total", .number(total)), ("metric", .string(scorer.metric.name)),
          ("formula", .string(scorer.metric.formula)),
        ]))
    }
    var lines = ""
    for (id, value) in zip(tokens, logProbabilities) {
      let token = String(decoding: loaded.tokenizer.bytes(of: id) ?? [], as: UTF8.self)
      lines += "\(id)\t\(value.map { Quantity.fixed($0, 4) } ?? "-")\t\(token.debugDescription)\n"
    }
    try StandardOutput.write(
      lines + "total\t\(Quantity.fixed(total, 4))\t\(scorer.metric.name)\n")
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
