import ArgumentParser
public import CRATELM
import Storage
import SystemPackage
import TextModels
import Tokenizer

extension HeadAddress: TypedValue {
  static let expectation = "a layer and a head, both counted from 0, such as 1:0"
}

/// The attention of heads over a text, and the text by subspaces.
struct AnalyzeAttention: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attention",
    abstract: "Show what a head attends to, and which subspace each token lies in.",
    discussion: """
      Without --head: the text for each layer, every token with the head in whose subspace it has \
      the largest share of its coordinates; on a terminal in the colour of the head, elsewhere \
      behind its number, such as [2]; then the words of the largest mean share in each head. \
      --standardize compares the shares of a head with its mean over the text, so that a head in \
      which all tokens are long does not win everywhere.

      With --head: for every token the share of its attention that it pays to itself, and how the \
      others divide the rest; and the score of one token for another as a sum over pairs of \
      numbers of the layer's input, which is exact:

        7 " lamp" for 2 " the": score 1.31 = 12*45 +0.43, 12*12 +0.20, ... remainder +0.07

      A masked model sees the text whole, between its special tokens, which count as tokens.

        crate-lm analyze attention run "She put the lamp on the table."
        crate-lm analyze attention run "She left." --head 1:0 --svg head.svg
      """)

  @OptionGroup var input: ModelWithInputs

  @Option(
    help: ArgumentHelp("Show the attention of this head.", valueName: "layer:head"))
  var head: HeadAddress?

  @Option(number: "The token whose score --head takes apart, counted from 0. (default: the last)")
  var token: Int?

  @Option(
    number: """
      The token that --token attends to. (default: the other one with the largest share)
      """)
  var key: Int?

  @Flag(help: "Choose heads by shares in deviations from the head's mean over the text.")
  var standardize = false

  @Option(number: "The number of words of each head, and of terms of a score.")
  var top = 30

  @Option(help: "Draw the attention and the coloured text into this SVG file.")
  var svg: String?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    try input.requireOne()
    try Self.require("top", top, from: 1)
    guard head != nil || token == nil && key == nil else {
      throw ValidationError("--token and --key are for --head LAYER:HEAD, which is missing.")
    }
    guard head == nil || !standardize || svg != nil else {
      throw ValidationError(
        "--standardize is for the coloured text; leave out --head or add --svg.")
    }
    try PictureFile.requireEnding("--svg", svg, of: [.image])
  }

  func run() throws {
    let picture = try svg.map { try PictureFile($0, .image) }
    let loaded = try TextModel(input.path, threads: threads.count, notes: report.notes)
    let model = loaded.model
    if let head { try model.configuration.require(head) }
    var encoder = loaded.tokenizer.makeEncoder()
    let located = try encoder.encodeWithOffsets(
      Array(input.inputs[0].utf8).span, specialTokens: .treatAsText)
    try model.requireText(located.map(\.id))
    let frame = try loaded.maskingVocabulary()?.frame ?? .none
    func special(_ id: Int32?) -> [LocatedToken] {
      id.map { [LocatedToken(id: $0, range: 0..<0)] } ?? []
    }
    let tokens = special(frame.beginning) + located + special(frame.end)
    let ids = tokens.map(\.id)
    let attention = try head.map {
      try model.attention(of: $0, over: ids, threads: threads.count)
    }
    let subspaces = try model.subspaceShares(of: ids, threads: threads.count)
    guard head != nil || subspaces != nil else {
      throw ValidationError(
        "The heads of a transformer have no subspaces to colour a text by; give --head LAYER:HEAD.")
    }
    let result = AttentionReport(
      model: input.path, configuration: model.configuration, ids: ids,
      names: ids.map { loaded.tokenizer.written($0) },
      words: TokenWords(input.inputs[0], tokens: tokens), top: top,
      subspaces: subspaces, isStandardized: standardize, attention: attention,
      form: try attention.flatMap { try form(of: $0, ids, model) },
      page: AttentionReport.Page(width: StandardOutput.width, isColored: StandardOutput.isColored))
    try picture?.write(result.drawing, note: report.note)
    try report.print(result)
  }

  /// The score to take apart; `nil` if the token sees only itself and no other is asked for.
  private func form(
    of attention: HeadAttention, _ ids: [Int32], _ model: LanguageModel
  ) throws -> QueryKeyForm? {
    try Self.require("token", token, from: 0, to: ids.count - 1, remark: ", a token of the text")
    let query = token ?? ids.count - 1
    let seen = model.configuration.objective.attention.visible(at: query, of: ids.count)
    try Self.require("key", key, from: 0, to: seen - 1, remark: ", a token that \(query) sees")
    guard let key = key ?? attention.largestOther(of: query) else { return nil }
    return try model.queryKeyForm(
      of: attention.address, query: query, key: key, in: ids, count: top, threads: threads.count)
  }
}
