import ArgumentParser
import CRATELM
import Storage
import SystemPackage
import TextModels
import Tokenizer

/// The predictions of a text, taken apart.
struct AnalyzeText: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "text",
    abstract: "Take the predictions of a text apart: layer by layer, unit by unit.",
    discussion: """
      For every token, predicted from those before it (by a masked model from the others, itself \
      masked): its loss in nats; the three likeliest tokens by the output of each layer, which is \
      a heuristic for all layers but the last; and its logit as a sum, which is exact:

        logit 7.31 = 1:17 +2.13, 1:4 +1.90, ... remainder +0.12

      1:17 is unit 17 of layer 1, 0/h2 head 2 of layer 0. The remainder is what is not listed, \
      added up from its own terms; lines list five terms, --json as many as --top. The first token \
      of a causal model has nothing before it; one more entry predicts the token after the text.

      --unit shows where the activation of an inner unit at --token comes from: an exact sum over \
      tokens and units of the layer before, for this text. --plot draws what it predicts of \
      setting those units to zero beside what happens.

        crate-lm analyze text run "Prince Andrew looked at her."
        crate-lm analyze text run "It was late." --unit 2:31 --plot unit.svg
      """)

  @OptionGroup var input: ModelWithInputs

  @Option(number: "The number of units and heads to list for each sum.")
  var top = 20

  @Option(
    help: ArgumentHelp(
      "Show where the activation of this unit comes from.", valueName: "layer:unit"))
  var unit: UnitAddress?

  @Option(number: "The token at which --unit is looked at, counted from 0. (default: the last)")
  var token: Int?

  @Option(help: "Draw predicted and real effects of the units behind --unit into this SVG file.")
  var plot: String?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    try input.requireOne()
    try Self.require("top", top, from: 1)
    try Self.require("token", token, from: 0)
    guard unit != nil || plot == nil && token == nil else {
      throw ValidationError("--token and --plot are for --unit LAYER:UNIT, which is missing.")
    }
    try PictureFile.requireEnding("--plot", plot, of: [.image])
  }

  func run() throws {
    let picture = try plot.map { try PictureFile($0, .image) }
    let loaded = try TextModel(input.path, threads: threads.count, notes: report.notes)
    let ids = try loaded.tokenizer.encode(input.inputs[0])
    let vocabulary = try loaded.maskingVocabulary()
    var options = TextAnalysisOptions()
    (options.contributions, options.threads) = (top, threads.count)
    if let unit { try loaded.model.configuration.require(unit) }
    let analysis = try loaded.model.analyzeText(ids, vocabulary: vocabulary, options: options)
    let attribution = try unit.map { try attribute($0, ids, vocabulary, loaded.model) }
    let result = TextReport(
      analysis: analysis, attribution: attribution, ids: ids,
      configuration: loaded.model.configuration
    ) { loaded.tokenizer.written($0) }
    if let picture {
      guard let drawing = result.drawing else {
        throw ValidationError(
          "Layer 0 has no units before it, so that there are no effects to plot; choose another.")
      }
      try picture.write(drawing, note: report.note)
    }
    try report.print(result)
  }

  /// The attribution with tokens counted in the text, without the frame of a masked model.
  private func attribute(
    _ unit: UnitAddress, _ ids: [Int32], _ vocabulary: MaskingVocabulary?, _ model: LanguageModel
  ) throws -> UnitAttribution {
    try Self.require("token", token, from: 0, to: ids.count - 1, remark: ", a token of the text")
    let frame = vocabulary?.frame ?? .none
    return try model.attribute(
      unit, at: (token ?? ids.count - 1) + frame.textStart, of: frame.framed(ids),
      count: top, threads: threads.count
    ).shifted(by: -frame.textStart)
  }
}
