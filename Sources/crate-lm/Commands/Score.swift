import ArgumentParser
import CRATELM
import StrictJSON
import Tokenizer

/// The probability of every token of a text.
struct Score: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the log-probability of every token of a text.",
    discussion: """
      Natural logarithms. Nothing precedes the first token, so that it has none. A text longer than \
      the context is scored in consecutive windows, the last of them moved back to be full.
      """)

  @Option(help: "A run, one of its checkpoints, or an exported directory.")
  var model: String

  @Option(help: "The text.")
  var text: String?

  @Option(help: "Token ids, separated by spaces, instead of a text.")
  var ids: String?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    guard (text == nil) != (ids == nil) else {
      throw ValidationError("Give either --text or --ids.")
    }
  }

  func run() throws {
    let loaded = try LoadedModel(model, quiet: report.quiet)
    let tokens = try tokenIDs(loaded)
    guard !tokens.isEmpty else {
      throw ConfigurationError("The text is empty; expected at least one token.")
    }
    let scorer = try Scorer(model: loaded.model, sequences: 1, threads: threads.count)
    let logProbabilities = scorer.logProbabilities(of: tokens)
    let total = logProbabilities.reduce(0, +)
    guard !report.json else {
      return try JSONOutput.print(
        .members([
          ("ids", .ids(tokens)),
          ("log_probabilities", .array([.null] + logProbabilities.map { .number($0) })),
          ("total", .number(total)),
        ]))
    }
    var lines = ""
    for (index, id) in tokens.enumerated() {
      let token = String(decoding: loaded.tokenizer.bytes(of: id) ?? [], as: UTF8.self)
      let value = index == 0 ? "-" : Quantity.fixed(logProbabilities[index - 1], 4)
      lines += "\(id)\t\(value)\t\(token.debugDescription)\n"
    }
    try StandardOutput.write(lines + "total\t\(Quantity.fixed(total, 4))\n")
  }

  private func tokenIDs(_ loaded: LoadedModel) throws -> [TokenID] {
    if let text { return loaded.tokenizer.encode(text) }
    return try IDList.parse(ids ?? "", vocabularySize: loaded.model.configuration.vocabularySize)
  }
}
