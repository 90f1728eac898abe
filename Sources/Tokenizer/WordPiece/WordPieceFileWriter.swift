import Storage

extension TokenizerFile {
  /// The `tokenizer.json` of `tokenizer`, laid out as Hugging Face's `tokenizers` does.
  static func serialize(_ tokenizer: WordPieceTokenizer) -> [UInt8] {
    let root: [(key: String, value: JSONValue)] = [
      ("version", .string("1.0")),
      ("truncation", .null),
      ("padding", .null),
      ("added_tokens", .array(tokenizer.addedTokens.map { addedToken($0) })),
      ("normalizer", normalizer(tokenizer.normalizer)),
      ("pre_tokenizer", object([("type", .string("BertPreTokenizer"))])),
      ("post_processor", tokenizer.postProcessor.map(postProcessor) ?? .null),
      ("decoder", decoder(tokenizer.decoder)),
      ("model", model(tokenizer)),
    ]
    return JSONValue.object(JSONObject(root)).serialized(.pretty)
  }

  static func bertNormalizer(_ normalizer: BertNormalizer) -> JSONValue {
    object([
      ("type", .string(BertNormalizer.name)), ("clean_text", .bool(normalizer.cleansText)),
      ("handle_chinese_chars", .bool(normalizer.separatesChinese)),
      ("strip_accents", normalizer.stripsAccents.map(JSONValue.bool) ?? .null),
      ("lowercase", .bool(normalizer.lowercases)),
    ])
  }

  static func postProcessor(_ processor: PostProcessor) -> JSONValue {
    switch processor {
    case .bert(let classification, let separator):
      object([
        ("type", .string("BertProcessing")), ("sep", pair(separator)),
        ("cls", pair(classification)),
      ])
    case .roberta(let classification, let separator, let trimsOffsets, let addsPrefixSpace):
      object([
        ("type", .string("RobertaProcessing")), ("sep", pair(separator)),
        ("cls", pair(classification)), ("trim_offsets", .bool(trimsOffsets)),
        ("add_prefix_space", .bool(addsPrefixSpace)),
      ])
    case .byteLevel(let trimsOffsets, let addsPrefixSpace):
      object([
        ("type", .string("ByteLevel")), ("add_prefix_space", .bool(addsPrefixSpace)),
        ("trim_offsets", .bool(trimsOffsets)), ("use_regex", .bool(true)),
      ])
    case .sequence(let processors):
      object([
        ("type", .string("Sequence")), ("processors", .array(processors.map(postProcessor))),
      ])
    case .template(let template):
      object([
        ("type", .string("TemplateProcessing")), ("single", .array(template.single.map(part))),
        ("pair", .array(template.pair.map(part))),
        ("special_tokens", object(template.tokens.map { ($0.name, templateToken($0)) })),
      ])
    }
  }

  private static func object(_ members: [(key: String, value: JSONValue)]) -> JSONValue {
    .object(JSONObject(members))
  }

  private static func pair(_ token: SpecialToken) -> JSONValue {
    .array([.string(token.content), .integer(Int64(token.id))])
  }

  private static func part(_ part: ProcessingTemplate.Part) -> JSONValue {
    let (kind, name, typeID) =
      switch part {
      case .token(let name, let typeID): ("SpecialToken", name, typeID)
      case .first(let typeID): ("Sequence", "A", typeID)
      case .second(let typeID): ("Sequence", "B", typeID)
      }
    return object([
      (kind, object([("id", .string(name)), ("type_id", .integer(Int64(typeID)))]))
    ])
  }

  private static func templateToken(_ token: ProcessingTemplate.Token) -> JSONValue {
    object([
      ("id", .string(token.name)), ("ids", .array(token.ids.map { .integer(Int64($0)) })),
      ("tokens", .array(token.contents.map(JSONValue.string))),
    ])
  }

  private static func decoder(_ decoder: WordPieceDecoder) -> JSONValue {
    object([
      ("type", .string("WordPiece")), ("prefix", .string(decoder.prefix)),
      ("cleanup", .bool(decoder.cleansUp)),
    ])
  }

  private static func model(_ tokenizer: WordPieceTokenizer) -> JSONValue {
    var vocabulary: [(key: String, value: JSONValue)] = []
    for id in 0..<TokenID(tokenizer.vocabularySize) where !tokenizer.addedIDs.contains(id) {
      if let text = tokenizer.spelling(of: id) {
        vocabulary.append((text, .integer(Int64(id))))
      }
    }
    return object([
      ("type", .string("WordPiece")), ("unk_token", .string(tokenizer.rules.unknownToken)),
      ("continuing_subword_prefix", .string(tokenizer.rules.continuationPrefix)),
      ("max_input_chars_per_word", .integer(Int64(tokenizer.rules.longestWord))),
      ("vocab", object(vocabulary)),
    ])
  }
}
