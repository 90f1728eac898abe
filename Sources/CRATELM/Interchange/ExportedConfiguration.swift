import Storage
import SystemPackage

/// The `config.json` of an exported model, with the keys of the transformers library, as
/// `configuration_crate.py` reads them.
enum ExportedConfiguration {
  static let modelType = "crate-lm"
  static let tokenizerKey = "tokenizer_sha256"
  static let generationFileName = "generation_config.json"

  /// The document for `model`.
  static func json(
    _ model: ModelConfiguration, tokenizer: Fingerprint, roles: ModelExport.SpecialIDs
  ) -> JSONValue {
    let (className, autoName) =
      switch model.objective.head {
      case .tied: ("CrateForCausalLM", "AutoModelForCausalLM")
      case .transformed: ("CrateForMaskedLM", "AutoModelForMaskedLM")
      }
    func count(_ value: Int) -> JSONValue { .integer(Int64(value)) }
    // The shortest decimal of the single-precision number.
    func number(_ value: Float) -> JSONValue { .number(Double(value.description) ?? Double(value)) }
    return .object(
      JSONObject(
        [
          ("model_type", .string(modelType)), ("architectures", .array([.string(className)])),
          (
            "auto_map",
            .object(
              JSONObject([
                ("AutoConfig", .string("configuration_crate.CrateConfig")),
                ("AutoModel", .string("modeling_crate.CrateModel")),
                (autoName, .string("modeling_crate.\(className)")),
              ]))
          ),
          ("architecture", .string(model.architecture.rawValue)),
          ("objective", .string(model.objective.rawValue)),
          ("vocab_size", count(model.vocabularySize)), ("hidden_size", count(model.width)),
          ("num_hidden_layers", count(model.depth)),
          ("num_attention_heads", count(model.headCount)),
          ("max_position_embeddings", count(model.contextLength)),
          ("position_offset", count(model.positionOffset)), ("step_size", number(model.stepSize)),
          ("sparsity_penalty", number(model.sparsityPenalty)),
          ("hidden_act", .string(model.activation.rawValue)),
        ] + roles.json + [
          ("tie_word_embeddings", .bool(true)),
          (tokenizerKey, .string(tokenizer.description)),
        ]))
  }

  /// The `generation_config.json` of a model that writes texts.
  static func generation(_ roles: ModelExport.SpecialIDs) -> JSONValue {
    .object(JSONObject(roles.json.filter { !$0.value.isNull }))
  }

  /// The tokens between texts in `settings`; `nil` in an export of an earlier version, which has no
  /// `generation_config.json` and names tokens by their usual spellings.
  ///
  /// - Throws: `FileError`, ``CheckpointError``.
  static func textBounds(_ settings: ForeignSettings) throws -> TextBounds? {
    guard try settings.generationSettings() != nil else { return nil }
    let bounds = try settings.textBounds()
    guard try bounds.fits(vocabularySize: settings.integer("vocab_size")) else {
      throw CheckpointError.foreign(settings.path, reason: "it names ids beyond its vocabulary")
    }
    return bounds
  }

  /// The shape in `settings`.
  ///
  /// - Throws: ``CheckpointError/foreign(_:reason:)``, ``ConfigurationError``.
  static func model(_ settings: ForeignSettings) throws -> ModelConfiguration {
    try settings.expect("model_type", .string(modelType), isStandard: false)
    try settings.expect("tie_word_embeddings", .bool(true))
    return try ModelConfiguration(
      objective: settings.choice("objective", Objective.allCases),
      architecture: settings.choice("architecture", Architecture.allCases),
      depth: settings.integer("num_hidden_layers"), width: settings.integer("hidden_size"),
      headCount: settings.integer("num_attention_heads"),
      contextLength: settings.integer("max_position_embeddings"),
      vocabularySize: settings.integer("vocab_size"), stepSize: settings.number("step_size"),
      sparsityPenalty: settings.number("sparsity_penalty"),
      activation: settings.choice("hidden_act", Activation.allCases),
      positionOffset: settings.integer("position_offset"))
  }
}

extension ModelExport.SpecialIDs {
  /// The members of a configuration: a list of ids that end a text only if there are several.
  fileprivate var json: [(key: String, value: JSONValue)] {
    func id(_ id: Int32?) -> JSONValue { id.map { .integer(Int64($0)) } ?? .null }
    let ends = bounds.ends
    return [
      ("bos_token_id", id(bounds.beginning)),
      ("eos_token_id", ends.count > 1 ? .array(ends.map { id($0) }) : id(ends.first)),
      ("pad_token_id", id(padding)),
    ]
  }
}
