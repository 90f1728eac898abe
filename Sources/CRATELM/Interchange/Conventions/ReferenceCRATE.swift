/// CRATE-LM's reference code (github.com/crate-lm/crate-lm: `crate.py`, `crate_overcomplete.py`),
/// in the manner of nanoGPT.
struct ReferenceCRATE: CheckpointConvention {
  let title = "CRATE-LM's reference code"
  let ties = [(copy: "lm_head.weight", original: "transformer.wte.weight")]

  private static let signature = "transformer.h.0.ista.weight"
  private static let recipes = RecipeTable([
    "token_embedding": .copy("transformer.wte.weight"),
    "position_embedding": .copy("transformer.wpe.weight"),
    "layers.*.attention.norm.gain": .copy("transformer.h.*.prenorm_1.weight"),
    "layers.*.attention.norm.bias": .copy("transformer.h.*.prenorm_1.bias"),
    "layers.*.attention.subspaces": .copy("transformer.h.*.attn.c_attn.weight"),
    "layers.*.attention.projection": .copy("transformer.h.*.attn.c_proj.weight"),
    "layers.*.attention.projection_bias": .copy("transformer.h.*.attn.c_proj.bias"),
    "layers.*.ista.norm.gain": .copy("transformer.h.*.prenorm_2.weight"),
    "layers.*.ista.norm.bias": .copy("transformer.h.*.prenorm_2.bias"),
    "layers.*.ista.dictionary": .copy("transformer.h.*.ista.weight"),
    "final_norm.gain": .copy("transformer.ln_f.weight"),
    "final_norm.bias": .copy("transformer.ln_f.bias"),
  ])

  /// Earlier code has nanoGPT's own names for the norms and for the place of the dictionary.
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

  func recipe(for name: String) -> TensorRecipe? { Self.recipes.recipe(for: name) }

  /// The table of what attention may see, a constant.
  func leavesOut(_ name: String) -> Bool { name.hasSuffix(".attn.bias") }
}
