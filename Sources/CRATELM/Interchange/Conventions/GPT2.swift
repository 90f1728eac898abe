import Storage

/// GPT-2, as the transformers library stores it, with matrices `[in, out]`.
struct GPT2: CheckpointConvention {
  let title = "GPT-2"
  let ties = tiedHead

  static let tiedHead = [(copy: "lm_head.weight", original: "transformer.wte.weight")]
  static let signature = "transformer.h.0.mlp.c_fc.weight"
  let recipes = modules { .transpose($0) }

  /// The recipes, with `matrix` for the matrices of layers.
  static func modules(_ matrix: (String) -> TensorRecipe) -> [String: TensorRecipe] {
    [
      "token_embedding": .copy("transformer.wte"),
      "position_embedding": .copy("transformer.wpe"),
      "layers.*.attention.norm": .copy("transformer.h.*.ln_1"),
      "layers.*.attention.query_key_value": matrix("transformer.h.*.attn.c_attn"),
      "layers.*.attention.projection": matrix("transformer.h.*.attn.c_proj"),
      "layers.*.mlp.norm": .copy("transformer.h.*.ln_2"),
      "layers.*.mlp.expansion": matrix("transformer.h.*.mlp.c_fc"),
      "layers.*.mlp.contraction": matrix("transformer.h.*.mlp.c_proj"),
      "final_norm": .copy("transformer.ln_f"),
    ]
  }

  /// Whether the tensor is a causal mask, a constant.
  static func isConstant(_ name: String) -> Bool {
    name.hasSuffix(".attn.bias") || name.hasSuffix(".attn.masked_bias")
  }

  /// Published files lack the prefix `transformer.` of files that the library saves.
  func standardName(_ name: String) -> String {
    ["wte.", "wpe.", "h.", "ln_f."].contains(where: name.hasPrefix) ? "transformer." + name : name
  }

  func recognizes(_ subject: ImportSubject) -> Bool { subject.shape(Self.signature) != nil }

  func configuration(_ subject: ImportSubject) throws -> ModelConfiguration {
    let settings = try subject.requiredSettings(title)
    let width = try settings.integer("n_embd")
    try settings.expect("layer_norm_epsilon", .number(1e-5))
    try settings.expect("n_inner", fourTimes: width, isStandard: true)
    try settings.expect("scale_attn_weights", .bool(true))
    try settings.expect("scale_attn_by_inverse_layer_idx", .bool(false))
    try settings.expect("add_cross_attention", .bool(false))
    try settings.expect("tie_word_embeddings", .bool(true))
    return try ModelConfiguration(
      objective: .causal, architecture: .transformer, depth: settings.integer("n_layer"),
      width: width, headCount: settings.integer("n_head"),
      contextLength: settings.integer("n_positions"),
      vocabularySize: settings.integer("vocab_size"),
      activation: settings.choice(
        "activation_function", or: "gelu_new",
        [
          ("gelu_new", .geluTanh), ("gelu_pytorch_tanh", .geluTanh), ("gelu", .gelu),
          ("relu", .relu),
        ]))
  }

  func leavesOut(_ name: String) -> Bool { Self.isConstant(name) }
}
