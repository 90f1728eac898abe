public import ArgumentParser
public import CRATELM

extension Architecture: ExpressibleByArgument {}
extension Activation: ExpressibleByArgument {}
extension Objective: ExpressibleByArgument {}
extension ModelPreset: ExpressibleByArgument {}

/// The shape of a model on the command line.
struct ModelOptions: ParsableArguments {
  @Option(help: "The kind of layers. (default: crate)")
  var architecture: Architecture?

  @Option(
    help: """
      A shape by name: nano (depth 4, width 128, 4 heads, context 128), tiny (6, 256, 8, 256); \
      causal small (6, 768, 12, 1024), base (12, 768, 12, 1024), large (36, 1280, 20, 1024); \
      masked small (8, 512, 8, 512), base (12, 768, 12, 512), large (24, 1024, 16, 512). \
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

  @Option(
    help: "The transformer's non-linearity. (default: gelu-tanh when causal, gelu when masked)")
  var activation: Activation?

  /// The shape that the options give, with what they leave open taken from `stored`, the preset
  /// or its default.
  func configuration(
    objective: Objective, vocabularySize: Int, stored: ModelConfiguration? = nil
  ) throws -> ModelConfiguration {
    let base = (preset ?? .tiny).shape(for: objective)
    let stored = preset == nil ? stored : nil
    let architecture = architecture ?? stored?.architecture ?? .crate
    if let activation, architecture != .transformer {
      throw ValidationError(
        "--activation \(activation.rawValue) is for --architecture transformer; "
          + "\(architecture.rawValue) has no MLP.")
    }
    return try ModelConfiguration(
      objective: objective, architecture: architecture,
      depth: depth ?? stored?.depth ?? base.depth, width: width ?? stored?.width ?? base.width,
      headCount: heads ?? stored?.headCount ?? base.headCount,
      contextLength: context ?? stored?.contextLength ?? base.contextLength,
      vocabularySize: vocabularySize, activation: activation ?? stored?.activation,
      positionOffset: stored?.positionOffset ?? 0)
  }
}
