import ArgumentParser
import CRATELM
import Tokenizer

/// What may stand at hidden places of a text.
struct FillMask: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fill-mask",
    abstract: "Fill the masks of a text with the most probable tokens.",
    discussion: """
      The text has one or more masks, written [MASK] or <mask>. For each of them the most probable \
      tokens are listed with their probabilities and with the text that they give; there, other \
      masks are filled with their own most probable token.
      """)

  @Option(help: "A run of a masked model, one of its checkpoints, or an exported directory.")
  var model: String

  @Argument(help: "The text with its masks.")
  var text: String

  @Option(help: "Tokens to list for each mask.")
  var top = 5

  @OptionGroup var use: ModelUse
  @OptionGroup var report: ReportOptions

  func validate() throws { try Self.require("top", top, from: 1) }

  func run() throws {
    let loaded = try use.load(model, quiet: report.quiet)
    try loaded.model.configuration.require(.masked)
    let vocabulary = try MaskingVocabulary(loaded.tokenizer)
    let masked = try MaskedText(text, tokenizer: loaded.tokenizer)
    let filler = try MaskFiller(
      model: loaded.model, vocabulary: vocabulary, threads: use.threads.count)
    let places = try filler.fill(
      masked.ids(mask: vocabulary.roles.mask), count: top,
      excluding: loaded.unusedIDs)
    let best = places.map { $0[0].id }
    let rows = places.enumerated().map { place, candidates in
      candidates.map { candidate in
        var tokens = best
        tokens[place] = candidate.id
        return FilledMask(
          token: loaded.tokenizer.written(candidate.id),
          probability: candidate.probability, text: masked.filled(with: tokens))
      }
    }
    try report.print(
      text: rows.map { $0.map(\.line).joined() }.joined(separator: "\n"),
      json: ["masks": rows.map { $0.map(\.fields) }])
  }
}

/// A token at the place of a mask.
private struct FilledMask {
  let token: String
  let probability: Double
  let text: String

  var line: String {
    "\(Quantity.fixed(probability, 4))\t\(token.debugDescription)\t\(text)\n"
  }

  var fields: JSONFields { ["token": token, "probability": probability, "text": text] }
}
