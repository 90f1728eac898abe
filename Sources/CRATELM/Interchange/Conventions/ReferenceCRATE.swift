/// CRATE-LM's reference code (github.com/crate-lm/crate-lm: `crate.py`, `crate_overcomplete.py`),
/// which follows nanoGPT.
struct ReferenceCRATE: CheckpointConvention {
  let title = "CRATE-LM's reference code"
  let ties = [(copy: "lm_head.weight", original: "transformer.wte.weight")]

  private static let signature = "transformer.h.0.ista.weight"
  let recipes: [String: TensorRecipe] = [
    "token_embedding": .copy("transformer.wte"),
    "position_embedding": .copy("transformer.wpe"),
    "layers.*.attention.norm": .copy("transformer.h.*.prenorm_1"),
    "layers.*.attention.subspaces": .copy("transformer.h.*.attn.c_attn"),
    "layers.*.attention.projection": .copy("transformer.h.*.attn.c_proj"),
    "layers.*.ista.norm": .copy("transformer.h.*.prenorm_2"),
    "layers.*.ista.dictionary": .copy("transformer.h.*.ista"),
    "final_norm": .copy("transformer.ln_f"),
  ]

  /// Earlier code uses nanoGPT's own names for the norms and the dictionary.
  func standardName(_ name: String) -> String {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count > 4, parts[1] == "h" else { return name }
    switch parts[3] {
    case "ln_1": parts[3] = "prenorm_1"
    case "ln_2": parts[3] = "prenorm_2"
    case "mlp" where parts.count == 5 && parts[4] == "weight": parts[3] = "ista"
    default: break
    }
    return parts.joined(separator: ".")
  }

  func recognizes(_ subject: ImportSubject) -> Bool { subject.shape(Self.signature) != nil }

  func configuration(_ subject: ImportSubject) throws -> ModelConfiguration {
    let (vocabulary, width) = try subject.matrix("transformer.wte.weight")
    let dictionary = try subject.matrix(Self.signature)
    return try ModelConfiguration(
      objective: .causal,
      architecture: dictionary.rows == dictionary.columns ? .crate : .crateOvercomplete,
      depth: subject.depth(after: "transformer.h."), width: width,
      headCount: subject.headCount("n_head"),
      contextLength: subject.matrix("transformer.wpe.weight").rows, vocabularySize: vocabulary)
  }

  /// The causal mask is a constant.
  func leavesOut(_ name: String) -> Bool { name.hasSuffix(".attn.bias") }
}
