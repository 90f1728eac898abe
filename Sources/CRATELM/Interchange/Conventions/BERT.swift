import Storage

/// BERT with its head for masked language modelling, as the transformers library stores it.
struct BERT: CheckpointConvention {
  let title = "BERT"
  let ties = [
    (copy: "cls.predictions.decoder.weight", original: "bert.embeddings.word_embeddings.weight"),
    (copy: "cls.predictions.decoder.bias", original: "cls.predictions.bias"),
  ]

  let recipes: [String: TensorRecipe] = [
    "token_embedding": .copy("bert.embeddings.word_embeddings"),
    "position_embedding": .copy("bert.embeddings.position_embeddings"),
    "token_type_embedding": .copy("bert.embeddings.token_type_embeddings"),
    "embedding_norm": .copy("bert.embeddings.LayerNorm"),
    "layers.*.attention.norm": .copy("bert.encoder.layer.*.attention.output.LayerNorm"),
    "layers.*.attention.query_key_value": .stack(
      ["query", "key", "value"].map { "bert.encoder.layer.*.attention.self.\($0)" }),
    "layers.*.attention.projection": .copy("bert.encoder.layer.*.attention.output.dense"),
    "layers.*.mlp.norm": .copy("bert.encoder.layer.*.output.LayerNorm"),
    "layers.*.mlp.expansion": .copy("bert.encoder.layer.*.intermediate.dense"),
    "layers.*.mlp.contraction": .copy("bert.encoder.layer.*.output.dense"),
    "head": .copy("cls.predictions"),
    "head.transform": .copy("cls.predictions.transform.dense"),
    "head.norm": .copy("cls.predictions.transform.LayerNorm"),
  ]

  /// Files of 2018 name the two parameters of a norm as TensorFlow does.
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
    if subject.shape("cls.predictions.transform.dense.weight") == nil, let kind = settings.kind {
      throw CheckpointError.foreign(
        subject.path,
        reason: "it is a \(kind), which has no head for masked tokens; expected a BertForMaskedLM "
          + "or BertForPreTraining")
    }
    let width = try settings.integer("hidden_size")
    try settings.expect("layer_norm_eps", .number(1e-12))
    try settings.expect("intermediate_size", fourTimes: width, isStandard: width == 768)
    try settings.expect("type_vocab_size", .integer(2))
    try settings.expect("position_embedding_type", .string("absolute"))
    try settings.expect("is_decoder", .bool(false))
    try settings.expect("tie_word_embeddings", .bool(true))
    // The head uses the same activation, and our head uses GELU.
    try settings.expect("hidden_act", .string("gelu"))
    return try ModelConfiguration(
      objective: .masked, architecture: .transformer,
      depth: settings.integer("num_hidden_layers"), width: width,
      headCount: settings.integer("num_attention_heads"),
      contextLength: settings.integer("max_position_embeddings"),
      vocabularySize: settings.integer("vocab_size"), activation: .gelu)
  }

  /// The pooler and the next-sentence head serve classification; position ids are a constant.
  func leavesOut(_ name: String) -> Bool {
    ["bert.pooler.", "cls.seq_relationship."].contains(where: name.hasPrefix)
      || name == "bert.embeddings.position_ids"
  }
}
