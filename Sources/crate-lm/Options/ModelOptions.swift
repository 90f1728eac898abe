public import ArgumentParser
public import CRATELM

extension Architecture: ExpressibleByArgument {}
extension Activation: ExpressibleByArgument {}
extension Objective: ExpressibleByArgument {}
extension ModelPreset: ExpressibleByArgument {}

/// The shape of a model by name, on the command line.
struct PresetOption: ParsableArguments {
  @Option(
    help: """
      Depth, width, heads and context by name: nano 4, 128, 4, 128; tiny 6, 256, 8, 256. Causal \
      models: small 6, 768, 12, 1024; base 12, 768, 12, 1024; large 36, 1280, 20, 1024. Masked \
      models: small 8, 512, 8, 512; base 12, 768, 12, 512; large 24, 1024, 16, 512. (default: tiny)
      """)
  var preset: ModelPreset?
}

/// The shape of a model on the command line.
struct ModelOptions: ParsableArguments {
  @Option(
    help: """
      The kind of layers: crate or one of its variants, attention-only (without ISTA), or the \
      transformer to compare with. (default: crate)
      """)
  var architecture: Architecture?

  @Option(number: "The number of layers. (default: the preset's)")
  var depth: Int?

  @Option(
    number: "The length of a token's vector, a multiple of the heads. (default: the preset's)")
  var width: Int?

  @Option(number: "The number of attention heads, each with a subspace. (default: the preset's)")
  var heads: Int?

  @Option(number: "The most tokens that the model sees at once. (default: the preset's)")
  var context: Int?

  @Option(
    help: """
      The non-linearity of the transformer's MLP. (default: gelu-tanh if causal, gelu if masked)
      """)
  var activation: Activation?

  @Option(number: "η, the step size of ISTA. (default: 0.1)")
  var stepSize: Float?

  @Option(number: "λ, the sparsity penalty of ISTA; ηλ is its threshold. (default: 0.1)")
  var sparsityPenalty: Float?

  func validate() throws {
    for (name, value) in [
      ("depth", depth), ("width", width), ("heads", heads), ("context", context),
    ] {
      try Self.require(name, value, from: 1)
    }
  }

  /// The shape that the options give; `stored`, the preset or a default gives what they leave open.
  func configuration(
    _ preset: ModelPreset?, objective: Objective, vocabularySize: Int,
    stored: ModelConfiguration? = nil
  ) throws -> ModelConfiguration {
    let named = preset?.shape(for: objective)
    let usual = ModelPreset.tiny.shape(for: objective)
    let architecture = architecture ?? stored?.architecture ?? .crate
    if let activation, architecture != .transformer {
      throw ValidationError(
        "--activation \(activation.rawValue) is for --architecture transformer; "
          + "\(architecture.rawValue) has no MLP.")
    }
    for (name, value) in [("step-size", stepSize), ("sparsity-penalty", sparsityPenalty)] {
      guard let value, !architecture.hasISTA else { continue }
      throw ValidationError(
        "--\(name) \(value) is for architectures with ISTA; \(architecture.rawValue) has none.")
    }
    return try ModelConfiguration(
      objective: objective, architecture: architecture,
      depth: depth ?? named?.depth ?? stored?.depth ?? usual.depth,
      width: width ?? named?.width ?? stored?.width ?? usual.width,
      headCount: heads ?? named?.headCount ?? stored?.headCount ?? usual.headCount,
      contextLength: context ?? named?.contextLength ?? stored?.contextLength
        ?? usual.contextLength,
      vocabularySize: vocabularySize,
      stepSize: stepSize ?? stored?.stepSize ?? ModelConfiguration.publishedStepSize,
      sparsityPenalty: sparsityPenalty ?? stored?.sparsityPenalty
        ?? ModelConfiguration.publishedSparsityPenalty,
      activation: activation ?? stored?.activation,
      positionOffset: stored?.positionOffset ?? 0)
  }
}
