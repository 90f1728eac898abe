import StrictJSON

extension TokenizerFile {
  /// The `tokenizer.json` of `tokenizer`, laid out as Hugging Face's `tokenizers` does.
  static func serialize(_ tokenizer: ByteLevelBPETokenizer) -> [UInt8] {
    let root: [(key: String, value: JSONValue)] = [
      ("version", .string("1.0")),
      ("truncation", .null),
      ("padding", .null),
      ("added_tokens", .array(tokenizer.specialTokens.map(addedToken))),
      ("normalizer", normalizer(tokenizer.normalizer)),
      ("pre_tokenizer", preTokenizer(tokenizer.pattern)),
      ("post_processor", tokenizer.postProcessor.map(postProcessor) ?? .null),
      // A decoder does not look at the flag; the library writes its default.
      ("decoder", byteLevel(addsPrefixSpace: true)),
      ("model", model(tokenizer)),
    ]
    return JSONValue.object(JSONObject(root)).serialized(.pretty)
  }

  private static func preTokenizer(_ pattern: SplitPattern) -> JSONValue {
    if pattern == .gpt2 { return byteLevel(addsPrefixSpace: false) }
    let split = JSONValue.object(
      JSONObject([
        ("type", .string("Split")),
        ("pattern", .object(JSONObject([("Regex", .string(pattern.regularExpression))]))),
        ("behavior", .string("Isolated")), ("invert", .bool(false)),
      ]))
    let steps = [split, byteLevel(addsPrefixSpace: false, splits: false)]
    return .object(
      JSONObject([("type", .string("Sequence")), ("pretokenizers", .array(steps))]))
  }

  private static func byteLevel(addsPrefixSpace: Bool, splits: Bool = true) -> JSONValue {
    .object(
      JSONObject([
        ("type", .string("ByteLevel")), ("add_prefix_space", .bool(addsPrefixSpace)),
        ("trim_offsets", .bool(true)), ("use_regex", .bool(splits)),
      ]))
  }

  private static func addedToken(_ token: SpecialToken) -> JSONValue {
    addedToken(AddedToken(token))
  }

  static func addedToken(_ token: AddedToken) -> JSONValue {
    .object(
      JSONObject([
        ("id", .integer(Int64(token.id))), ("content", .string(token.content)),
        ("single_word", .bool(token.isSingleWord)), ("lstrip", .bool(token.stripsLeft)),
        ("rstrip", .bool(token.stripsRight)), ("normalized", .bool(token.isNormalized)),
        ("special", .bool(token.isSpecial)),
      ]))
  }

  static func normalizer(_ normalizer: Normalizer) -> JSONValue {
    let steps = normalizer.steps.map { step in
      if case .bert(let normalizer) = step { return bertNormalizer(normalizer) }
      return JSONValue.object(JSONObject([("type", .string(step.name))]))
    }
    guard let first = steps.first else { return .null }
    if steps.count == 1 { return first }
    return .object(JSONObject([("type", .string("Sequence")), ("normalizers", .array(steps))]))
  }

  private static func model(_ tokenizer: ByteLevelBPETokenizer) -> JSONValue {
    var texts: [TokenID: String] = [:]
    for token in tokenizer.specialTokens { texts[token.id] = token.content }
    for id in 0..<TokenID(tokenizer.vocabularySize) where texts[id] == nil {
      if let bytes = tokenizer.bytes(of: id) { texts[id] = ByteAlphabet.text(of: bytes) }
    }
    let vocabulary = texts.keys.sorted().map { id in
      (key: texts[id] ?? "", value: JSONValue.integer(Int64(id)))
    }
    let merges = tokenizer.merges.map { merge in
      JSONValue.array([
        .string(texts[merge.left] ?? ""), .string(texts[merge.right] ?? ""),
      ])
    }
    return .object(
      JSONObject([
        ("type", .string("BPE")), ("dropout", .null), ("unk_token", .null),
        ("continuing_subword_prefix", .null), ("end_of_word_suffix", .null),
        ("fuse_unk", .bool(false)), ("byte_fallback", .bool(false)),
        ("ignore_merges", .bool(tokenizer.ignoresMerges)),
        ("vocab", .object(JSONObject(vocabulary))),
        ("merges", .array(merges)),
      ]))
  }
}
