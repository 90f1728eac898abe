import ArgumentParser
import CRATELM
import Storage
import SystemPackage
import TextModels

/// Measures of the layers of a model on text.
struct AnalyzeLayers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layers",
    abstract: "Measure every layer of a model: does attention compress, does ISTA sparsify?",
    discussion: """
      Each number is the mean over sequences of one context, beside the same model at random \
      initialisation: what a random model shows too, training did not bring about. --json has the \
      deviations and all numbers; a measure without meaning for the architecture is null.

        nonzero   share of numbers of the code that are not exactly zero
        Hoyer     sparsity of a token's code: 0 all equal, 1 a single unit
        dead, on  share of units that are never, or mostly, active
        R, R^c    coding rate, in nats per token, of the whole and in the heads'
                  subspaces, before > after attention. Sources disagree on its form:
                  official, normalized and formula differ in the norm of tokens
        overlap   of two heads' subspaces: 0 orthogonal, 1 the same
        rank      effective rank of a head's coordinates
        cos       mean |cos| of two atoms of the dictionary
        eta s^2   step size times squared spectral norm: ISTA converges below 2
        entropy   of attention, in nats; self: the share that a token pays to itself

        crate-lm analyze layers run --text book.txt
        crate-lm analyze layers run --data data --plot layers.svg
      """)

  @OptionGroup var input: ModelPath

  @OptionGroup var text: MeasuredText

  @Option(number: "The tokens of a sequence, at most the model's. (default: the model's)")
  var context: Int?

  @Option(number: "The most tokens of the text to use.")
  var tokens = 1 << 16

  @Option(number: "The distortion of coding rates; the published code has 0.1.")
  var epsilon = LayerAnalysis.publishedEpsilon

  @Option(help: "A number that decides the random initialisation.")
  var seed = Seed.zero

  @Option(help: "Draw the measures over the layers into this SVG file.")
  var plot: String?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    try Self.require("tokens", tokens, from: 1)
    try Self.requirePositive("epsilon", epsilon)
    try PictureFile.requireEnding("--plot", plot, of: [.image])
  }

  func run() throws {
    let picture = try plot.map { try PictureFile($0, .image) }
    let loaded = try TextModel(input.path, threads: threads.count, notes: report.notes)
    let shape = loaded.model.configuration
    try Self.require(
      "context", context, from: 1 + shape.objective.frame.tokenCount, to: shape.contextLength,
      remark: ", the model's context")
    let sequences = try loaded.sequences(
      of: text.source(for: loaded, notes: report.notes), length: context ?? shape.contextLength,
      tokenLimit: tokens
    ).all()
    let trained = try measure(loaded.model, sequences, "the model")
    let random = try measure(
      LanguageModel(shape, seed: seed.value), sequences, "its random initialisation")
    let result = LayersReport(
      model: input.path, shape: shape, trained: trained, random: random, seed: seed.value,
      tokenizer: loaded.fingerprint)
    try picture?.write(result.drawing, note: report.note)
    try report.print(result)
  }

  private func measure(
    _ model: LanguageModel, _ sequences: [[Int32]], _ name: String
  ) throws -> LayerAnalysis {
    var line = ProgressLine(quiet: report.quiet)
    defer { line.clear() }
    return try model.analyzeLayers(of: sequences, epsilon: epsilon, threads: threads.count) {
      line.update(ProgressText([("Measuring \(name): \($0)/\(sequences.count) sequences", 0)]))
    }
  }
}
