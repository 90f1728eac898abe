/// nanoGPT's GPT-2 (`model.py`), the baseline of CRATE-LM's reference code, with the matrices of
/// `nn.Linear`, `[out, in]`, and optional biases.
struct NanoGPT: CheckpointConvention {
  let title = "nanoGPT"
  let ties = GPT2.tiedHead
  let mayLackBiases = true

  let recipes = GPT2.modules { .copy($0) }

  func recognizes(_ subject: ImportSubject) -> Bool {
    guard let shape = subject.shape(GPT2.signature), shape.count == 2 else { return false }
    return shape[0] > shape[1]
  }

  func configuration(_ subject: ImportSubject) throws -> ModelConfiguration {
    guard let activation = subject.choices.activation else {
      throw MissingChoice(
        reason: ConfigurationError(
          """
          \(subject.path) does not say which activation the model was trained with; give \
          --activation gelu (nanoGPT), gelu-tanh (nanoGPT before 2023) or relu (CRATE-LM's \
          baseline).
          """))
    }
    let (vocabulary, width) = try subject.matrix("transformer.wte.weight")
    return try ModelConfiguration(
      objective: .causal, architecture: .transformer,
      depth: subject.depth(after: "transformer.h."), width: width,
      headCount: subject.headCount("n_head"),
      contextLength: subject.matrix("transformer.wpe.weight").rows, vocabularySize: vocabulary,
      activation: activation)
  }

  func leavesOut(_ name: String) -> Bool { GPT2.isConstant(name) }
}
