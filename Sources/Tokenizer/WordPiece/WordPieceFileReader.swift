import Storage

extension TokenizerFileReader {
  /// The tokenizer of a file whose model is WordPiece.
  func wordPieceTokenizer(
    _ root: JSONObject, _ model: JSONObject
  ) throws(TokenizerError) -> WordPieceTokenizer {
    let normalizer = try normalizer(root["normalizer"])
    let split = try type(of: root["pre_tokenizer"] ?? .null, "\"pre_tokenizer\"")
    guard split == "BertPreTokenizer" else {
      throw .unsupported(path: path, feature: "the pre_tokenizer \"\(split)\" with WordPiece")
    }
    let addedTokens = try addedTokens(root["added_tokens"])
    let (vocabulary, addedIDs) = try wordPieceVocabulary(model["vocab"], addedTokens)
    let longestWord = try optional(model["max_input_chars_per_word"], "an integer", \.integer)
    guard let longestWord = Int(exactly: longestWord ?? 100), longestWord >= 0 else {
      throw corrupt("max_input_chars_per_word is negative")
    }
    guard longestWord <= WordPieceTokenizer.Rules.longestWordLimit else {
      throw corrupt(
        "max_input_chars_per_word is \(longestWord), more than "
          + "\(WordPieceTokenizer.Rules.longestWordLimit)")
    }
    let rules = WordPieceTokenizer.Rules(
      unknownToken: try optional(model["unk_token"], "a string", \.string) ?? "[UNK]",
      continuationPrefix:
        try optional(model["continuing_subword_prefix"], "a string", \.string) ?? "##",
      longestWord: longestWord)
    do {
      return try WordPieceTokenizer(
        vocabulary: vocabulary, addedIDs: addedIDs, addedTokens: addedTokens,
        normalizer: normalizer, rules: rules,
        postProcessor: try postProcessor(root["post_processor"]),
        decoder: try wordPieceDecoder(root["decoder"]))
    } catch let flaw as WordPieceTokenizer.Flaw {
      throw corrupt(flaw.reason)
    } catch let error as TokenizerError {
      throw error
    } catch {
      throw corrupt("it cannot be read")
    }
  }

  func bertNormalizer(_ value: JSONValue) throws(TokenizerError) -> BertNormalizer {
    let description = try object(value, "the normalizer")
    func flag(_ key: String) throws(TokenizerError) -> Bool {
      try optional(description[key], "a truth value", \.bool) ?? true
    }
    return BertNormalizer(
      cleansText: try flag("clean_text"), separatesChinese: try flag("handle_chinese_chars"),
      stripsAccents: try optional(description["strip_accents"], "a truth value", \.bool),
      lowercases: try flag("lowercase"))
  }

  private func wordPieceVocabulary(
    _ value: JSONValue?, _ addedTokens: [AddedToken]
  ) throws(TokenizerError) -> (Vocabulary, addedIDs: Set<TokenID>) {
    let entries = try object(value, "\"vocab\"")
    var vocabulary = Vocabulary()
    for (text, value) in zip(entries.keys, entries.values) {
      guard let id = value.integer else {
        throw corrupt("the id of the token \"\(text)\" is \(value.kind)")
      }
      guard text.utf8.count <= AddedToken.longestContent else {
        throw corrupt(
          "the token with the id \(id) has \(text.utf8.count) bytes, more than "
            + "\(AddedToken.longestContent)")
      }
      try insert(Array(text.utf8), text, id, true, into: &vocabulary)
    }
    var addedIDs: Set<TokenID> = []
    for token in addedTokens {
      let content = Array(token.content.utf8)
      if let id = vocabulary.id(of: content) {
        guard id == token.id else {
          throw corrupt("the token \"\(token.content)\" has the ids \(id) and \(token.id)")
        }
      } else {
        try insert(content, token.content, Int64(token.id), true, into: &vocabulary)
        addedIDs.insert(token.id)
      }
    }
    return (vocabulary, addedIDs)
  }

  private func wordPieceDecoder(_ value: JSONValue?) throws(TokenizerError) -> WordPieceDecoder {
    let type = try type(of: value ?? .null, "\"decoder\"")
    guard type == "WordPiece" else {
      throw .unsupported(path: path, feature: "the decoder \"\(type)\" with WordPiece")
    }
    let description = try object(value, "\"decoder\"")
    return WordPieceDecoder(
      prefix: try optional(description["prefix"], "a string", \.string) ?? "##",
      cleansUp: try optional(description["cleanup"], "a truth value", \.bool) ?? true)
  }

  /// What `value`, if it is there and not null, is read as; `kind` says what it should be.
  func optional<Value>(
    _ value: JSONValue?, _ kind: String, _ read: (JSONValue) -> Value?
  ) throws(TokenizerError) -> Value? {
    guard let value, !value.isNull else { return nil }
    guard let result = read(value) else { throw corrupt("\(value.kind) stands for \(kind)") }
    return result
  }
}
