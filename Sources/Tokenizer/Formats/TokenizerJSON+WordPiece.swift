import Storage

extension WordPieceTokenizer {
  /// The tokenizer as the bytes of a `tokenizer.json`; equal tokenizers give equal bytes.
  public func serialized() -> [UInt8] {
    TokenizerJSON.serialize(
      pipeline, preTokenizer: .part("BertPreTokenizer"),
      decoder: .part(
        "WordPiece", [("prefix", .string(decoder.prefix)), ("cleanup", .bool(decoder.cleansUp))]),
      model: [
        ("type", .string("WordPiece")), ("unk_token", .string(rules.unknownToken)),
        ("continuing_subword_prefix", .string(rules.continuationPrefix)),
        ("max_input_chars_per_word", .integer(Int64(rules.longestWord))),
        ("vocab", .object(vocabularyJSON(spellings))),
      ])
  }
}

extension TokenizerJSON {
  /// The tokenizer of a file whose model is WordPiece.
  func wordPieceTokenizer(
    _ root: JSONObject, _ model: JSONObject
  ) throws(TokenizerError) -> WordPieceTokenizer {
    let normalizer = try normalizer(root["normalizer"])
    let split = try type(of: root["pre_tokenizer"] ?? .null, "\"pre_tokenizer\"")
    guard split == "BertPreTokenizer" else {
      throw unsupported("the pre_tokenizer \"\(split)\" with WordPiece")
    }
    let addedTokens = try addedTokens(root["added_tokens"])
    let (vocabulary, outside) = try wordPieceVocabulary(model["vocab"], addedTokens)
    let rules = try wordPieceRules(model)
    return try WordPieceTokenizer(
      TokenizerPipeline(
        vocabulary, addedTokens: addedTokens, idsOutsideVocabulary: outside,
        normalizer: normalizer, postProcessor: postProcessor(root["post_processor"])),
      rules: rules, decoder: wordPieceDecoder(root["decoder"]), path: path)
  }

  private func wordPieceRules(
    _ model: JSONObject
  ) throws(TokenizerError) -> WordPieceTokenizer.Rules {
    let longestWord = try integer(model["max_input_chars_per_word"]) ?? 100
    guard longestWord >= 0 else { throw corrupt("max_input_chars_per_word is negative") }
    guard longestWord <= WordPieceTokenizer.Rules.longestWordLimit else {
      throw corrupt(
        "max_input_chars_per_word is \(longestWord), more than "
          + "\(WordPieceTokenizer.Rules.longestWordLimit)")
    }
    return WordPieceTokenizer.Rules(
      unknownToken: try string(model["unk_token"]) ?? "[UNK]",
      continuationPrefix: try string(model["continuing_subword_prefix"]) ?? "##",
      longestWord: Int(longestWord))
  }

  private func wordPieceVocabulary(
    _ value: JSONValue?, _ addedTokens: [AddedToken]
  ) throws(TokenizerError) -> (Vocabulary, outside: Set<TokenID>) {
    let entries = try object(value, "\"vocab\"")
    var vocabulary = Vocabulary()
    for (text, value) in zip(entries.keys, entries.values) {
      let id = try id(of: text, value)
      guard text.utf8.count <= AddedToken.longestContent else {
        throw corrupt(
          "the token with the id \(id) has \(text.utf8.count) bytes, more than "
            + "\(AddedToken.longestContent)")
      }
      try insert(Array(text.utf8), text, id, into: &vocabulary)
    }
    var outside: Set<TokenID> = []
    for token in addedTokens {
      let content = Array(token.content.utf8)
      if let id = vocabulary.id(of: content) {
        guard id == token.id else {
          throw corrupt("the token \"\(token.content)\" has the ids \(id) and \(token.id)")
        }
      } else {
        try insert(content, token.content, Int64(token.id), into: &vocabulary)
        outside.insert(token.id)
      }
    }
    return (vocabulary, outside)
  }

  private func wordPieceDecoder(_ value: JSONValue?) throws(TokenizerError) -> WordPieceDecoder {
    let type = try type(of: value ?? .null, "\"decoder\"")
    guard type == "WordPiece" else {
      throw unsupported("the decoder \"\(type)\" with WordPiece")
    }
    let description = try object(value, "\"decoder\"")
    return WordPieceDecoder(
      prefix: try string(description["prefix"]) ?? "##",
      cleansUp: try flag(description["cleanup"]) ?? true)
  }
}
