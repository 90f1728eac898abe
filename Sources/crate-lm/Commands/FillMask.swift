import ArgumentParser
import TextModels

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
    let loaded = try use.load(model, notes: report.notes)
    let masks = try loaded.fillMasks(of: text, count: top, threads: use.threads.count)
    func token(_ mask: FilledMask) -> String { loaded.tokenizer.written(mask.id) }
    try report.print(
      text: masks.map { candidates in
        candidates.map {
          "\(Quantity.fixed($0.probability, 4))\t\(token($0).debugDescription)\t\($0.text)\n"
        }.joined()
      }.joined(separator: "\n"),
      json: [
        "masks": masks.map { candidates in
          candidates.map {
            ["token": token($0), "probability": $0.probability, "text": $0.text] as JSONFields
          }
        }
      ])
  }
}
