import Storage

/// CRATE-BERT, as its code for the transformers library stores it (pull request 27759 there).
struct CRATEBERT: CheckpointConvention {
  let title = "CRATE-BERT"
  let ties = [
    (copy: "lm_head.decoder.weight", original: "crate.embeddings.word_embeddings.weight"),
    (copy: "lm_head.decoder.bias", original: "lm_head.bias"),
  ]

  let recipes: [String: TensorRecipe] = [
    "token_embedding": .copy("crate.embeddings.word_embeddings"),
    "position_embedding": .copy("crate.embeddings.position_embeddings"),
    "token_type_embedding": .copy("crate.embeddings.token_type_embeddings"),
    "embedding_norm": .copy("crate.embeddings.LayerNorm"),
    "layers.*.attention.norm": .copy("crate.encoder.layer.*.attention.self.prenorm"),
    "layers.*.attention.subspaces": .copy("crate.encoder.layer.*.attention.self.qkv"),
    "layers.*.attention.projection": .copy("crate.encoder.layer.*.attention.output.dense"),
    "layers.*.ista.norm": .copy("crate.encoder.layer.*.output.prenorm"),
    "layers.*.ista.dictionary": .copy("crate.encoder.layer.*.output"),
    "head": .copy("lm_head"),
    "head.transform": .copy("lm_head.dense"),
    "head.norm": .copy("lm_head.layer_norm"),
  ]

  func recognizes(_ subject: ImportSubject) -> Bool {
    subject.shape("crate.encoder.layer.0.attention.self.qkv.weight") != nil
  }

  func configuration(_ subject: ImportSubject) throws -> ModelConfiguration {
    let settings = try subject.requiredSettings(title)
    try settings.expect("layer_norm_eps", .number(1e-12))
    try settings.expect("type_vocab_size", .integer(2))
    try settings.expect("position_embedding_type", .string("absolute"))
    try settings.expect("is_decoder", .bool(false))
    try settings.expect("tie_word_embeddings", .bool(true))
    // The first position is one more than the padding id, as in RoBERTa.
    let padding = try settings.integer("pad_token_id", or: 1)
    let offset = padding.addingReportingOverflow(1).partialValue
    return try ModelConfiguration(
      objective: .masked, architecture: .crate, depth: settings.integer("num_hidden_layers"),
      width: settings.integer("hidden_size"),
      headCount: settings.integer("num_attention_heads"),
      contextLength: settings.integer("max_position_embeddings")
        .subtractingReportingOverflow(offset).partialValue,
      vocabularySize: settings.integer("vocab_size"), positionOffset: offset)
  }

  /// The pooler serves classification; the other tensors are constants.
  func leavesOut(_ name: String) -> Bool {
    name.hasPrefix("crate.pooler.")
      || ["crate.embeddings.position_ids", "crate.embeddings.token_type_ids"].contains(name)
  }
}
