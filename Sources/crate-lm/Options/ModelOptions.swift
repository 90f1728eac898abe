public import ArgumentParser
public import CRATELM

extension Architecture: ExpressibleByArgument {}
extension Objective: ExpressibleByArgument {}
extension ModelPreset: ExpressibleByArgument {}

/// The shape of a model on the command line.
struct ModelOptions: ParsableArguments {
  @Option(help: "The kind of layers.")
  var architecture: Architecture?

  @Option(
    help: """
      A shape by name: nano (depth 4, width 128, 4 heads, context 128), tiny (6, 256, 8, 256), \
      small (6, 768, 12, 1024), base (12, 768, 12, 1024), large (36, 1280, 20, 1024). \
      (default: tiny)
      """)
  var preset: ModelPreset?

  @Option(help: "Layers, instead of the preset's.")
  var depth: Int?

  @Option(help: "Width of a token's vector, a multiple of the heads, instead of the preset's.")
  var width: Int?

  @Option(help: "Subspaces (attention heads), instead of the preset's.")
  var heads: Int?

  @Option(help: "Tokens seen at once, instead of the preset's.")
  var context: Int?

  /// The shape that the options give, with what they leave open taken from `stored`, the preset
  /// or its default.
  func configuration(
    objective: Objective, vocabularySize: Int, stored: ModelConfiguration? = nil
  ) throws -> ModelConfiguration {
    let base = preset ?? .tiny
    let stored = preset == nil ? stored : nil
    return try ModelConfiguration(
      objective: objective, architecture: architecture ?? stored?.architecture ?? .crate,
      depth: depth ?? stored?.depth ?? base.depth, width: width ?? stored?.width ?? base.width,
      headCount: heads ?? stored?.headCount ?? base.headCount,
      contextLength: context ?? stored?.contextLength ?? base.contextLength,
      vocabularySize: vocabularySize)
  }
}
