import ArgumentParser
import TextModels

/// Candidates for the masks of a text.
struct FillMask: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fill-mask",
    abstract: "Fill the masks of a text with a masked model's most probable tokens.",
    discussion: """
      The text has one or more masks, written [MASK] or <mask>. For each mask, every line has the \
      probability of a token, the token, and the text with it; other masks of that text have their \
      own most probable token.

        crate-lm fill-mask run "Prince Andrew [MASK] at her."
      """)

  @OptionGroup var input: ModelWithInputs

  @Option(number: "The number of tokens to list for each mask.")
  var top = 5

  @OptionGroup var use: ModelUse
  @OptionGroup var report: ReportOptions

  func validate() throws {
    try Self.require("top", top, from: 1)
    try input.requireOne()
  }

  func run() throws {
    let loaded = try use.load(input.path, notes: report.notes)
    let masks = try loaded.fillMasks(of: input.inputs[0], count: top, threads: use.threads.count)
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
