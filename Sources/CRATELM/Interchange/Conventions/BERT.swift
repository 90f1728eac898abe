import Storage

/// BERT with its head for masked language modelling, as the transformers library stores it.
struct BERT: CheckpointConvention {
  let title = "BERT"
  let ties = [
    (copy: "cls.predictions.decoder.weight", original: "bert.embeddings.word_embeddings.weight"),
    (copy: "cls.predictions.decoder.bias", original: "cls.predictions.bias"),
  ]

  private static let layer = "bert.encoder.layer.*."
  private static let recipes = RecipeTable([
    "token_embedding": .copy("bert.embeddings.word_embeddings.weight"),
    "position_embedding": .copy("bert.embeddings.position_embeddings.weight"),
    "token_type_embedding": .copy("bert.embeddings.token_type_embeddings.weight"),
    "embedding_norm.gain": .copy("bert.embeddings.LayerNorm.weight"),
    "embedding_norm.bias": .copy("bert.embeddings.LayerNorm.bias"),
    "layers.*.attention.norm.gain": .copy(layer + "attention.output.LayerNorm.weight"),
    "layers.*.attention.norm.bias": .copy(layer + "attention.output.LayerNorm.bias"),
    "layers.*.attention.query_key_value": .stack(
      ["query", "key", "value"].map { layer + "attention.self.\($0).weight" }),
    "layers.*.attention.query_key_value_bias": .stack(
      ["query", "key", "value"].map { layer + "attention.self.\($0).bias" }),
    "layers.*.attention.projection": .copy(layer + "attention.output.dense.weight"),
    "layers.*.attention.projection_bias": .copy(layer + "attention.output.dense.bias"),
    "layers.*.mlp.norm.gain": .copy(layer + "output.LayerNorm.weight"),
    "layers.*.mlp.norm.bias": .copy(layer + "output.LayerNorm.bias"),
    "layers.*.mlp.expansion": .copy(layer + "intermediate.dense.weight"),
    "layers.*.mlp.expansion_bias": .copy(layer + "intermediate.dense.bias"),
    "layers.*.mlp.contraction": .copy(layer + "output.dense.weight"),
    "layers.*.mlp.contraction_bias": .copy(layer + "output.dense.bias"),
    "head.transform": .copy("cls.predictions.transform.dense.weight"),
    "head.transform_bias": .copy("cls.predictions.transform.dense.bias"),
    "head.norm.gain": .copy("cls.predictions.transform.LayerNorm.weight"),
    "head.norm.bias": .copy("cls.predictions.transform.LayerNorm.bias"),
    "head.bias": .copy("cls.predictions.bias"),
  ])

  /// The files of 2018 call the two parts of a norm as TensorFlow does.
  func standardName(_ name: String) -> String {
    for (old, new) in [
      ("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias"),
    ]
    where name.hasSuffix(old) { return name.dropLast(old.count) + new }
    return name
  }

  func recognizes(_ subject: ImportSubject) -> Bool {
    subject.shape("bert.encoder.layer.0.attention.self.query.weight") != nil
  }

  func configuration(_ subject: ImportSubject) throws -> ModelConfiguration {
    let settings = try subject.requiredSettings(title)
    let width = try settings.integer("hidden_size")
    try settings.expect("layer_norm_eps", .number(1e-12))
    try settings.expect("intermediate_size", fourTimes: width, isStandard: width == 768)
    try settings.expect("type_vocab_size", .integer(2))
    try settings.expect("position_embedding_type", .string("absolute"))
    try settings.expect("is_decoder", .bool(false))
    try settings.expect("tie_word_embeddings", .bool(true))
    // The head has the same activation, and ours is GELU.
    try settings.expect("hidden_act", .string("gelu"))
    return try ModelConfiguration(
      objective: .masked, architecture: .transformer,
      depth: settings.integer("num_hidden_layers"), width: width,
      headCount: settings.integer("num_attention_heads"),
      contextLength: settings.integer("max_position_embeddings"),
      vocabularySize: settings.integer("vocab_size"), activation: .gelu)
  }

  func recipe(for name: String) -> TensorRecipe? { Self.recipes.recipe(for: name) }

  /// The pooler and the head that says whether one sentence follows another serve
  /// classification.
  func leavesOut(_ name: String) -> Bool {
    ["bert.pooler.", "cls.seq_relationship."].contains(where: name.hasPrefix)
      || name == "bert.embeddings.position_ids"
  }
}
