import Storage

extension TokenizerFile {
  /// The `tokenizer.json` of `tokenizer`, laid out as Hugging Face's `tokenizers` does.
  static func serialize(_ tokenizer: ByteLevelBPETokenizer) -> [UInt8] {
    let root: [(key: String, value: JSONValue)] = [
      ("version", .string("1.0")),
      ("truncation", .null),
      ("padding", .null),
      ("added_tokens", .array(tokenizer.addedTokens.map(addedToken))),
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
    let members: [(key: String, value: JSONValue)] =
      steps.count == 1
      ? zip(first.object?.keys ?? [], first.object?.values ?? []).map { ($0, $1) }
      : [("type", .string("Sequence")), ("normalizers", .array(steps))]
    return .object(JSONObject(members + versions(of: normalizer)))
  }

  /// The member of a normalizer that names the Unicode version of its characters.
  ///
  /// `tokenizers` takes members that it does not know only inside the parts of a file.
  static let unicodeKey = "unicode_version"
  /// The member of a normalizer that names the ICU with which the file was made.
  static let icuKey = "icu_version"

  /// Nothing for a normaliser as `tokenizers` has it, in whose files no versions are.
  private static func versions(
    of normalizer: Normalizer
  ) -> [(key: String, value: JSONValue)] {
    guard normalizer.icu != nil || normalizer.unicode != .tokenizers else { return [] }
    return [(unicodeKey, .string(normalizer.unicode.description))]
      + (normalizer.icu.map { [(icuKey, .string($0))] } ?? [])
  }

  private static func model(_ tokenizer: ByteLevelBPETokenizer) -> JSONValue {
    let spellings = spellings(of: tokenizer)
    let merges = tokenizer.merges.map { merge in
      JSONValue.array([
        .string(spellings[Int(merge.left)] ?? ""), .string(spellings[Int(merge.right)] ?? ""),
      ])
    }
    return .object(
      JSONObject([
        ("type", .string("BPE")), ("dropout", .null), ("unk_token", .null),
        ("continuing_subword_prefix", .null), ("end_of_word_suffix", .null),
        ("fuse_unk", .bool(false)), ("byte_fallback", .bool(false)),
        ("ignore_merges", .bool(tokenizer.ignoresMerges)),
        ("vocab", .object(vocabulary(of: tokenizer, spellings))),
        ("merges", .array(merges)),
      ]))
  }

  /// The tokens by their spelling, in the order of their ids, as files have them.
  static func vocabulary(of tokenizer: ByteLevelBPETokenizer) -> JSONObject {
    vocabulary(of: tokenizer, spellings(of: tokenizer))
  }

  private static func spellings(of tokenizer: ByteLevelBPETokenizer) -> [String?] {
    (0..<TokenID(tokenizer.vocabularySize)).map(tokenizer.spelling)
  }

  private static func vocabulary(
    of tokenizer: ByteLevelBPETokenizer, _ spellings: [String?]
  ) -> JSONObject {
    var entries: [(key: String, value: JSONValue)] = []
    entries.reserveCapacity(spellings.count)
    for (id, spelling) in spellings.enumerated() {
      guard let spelling, !tokenizer.idsOutsideVocabulary.contains(TokenID(id)) else { continue }
      entries.append((spelling, .integer(Int64(id))))
    }
    return JSONObject(distinct: entries)
  }
}
