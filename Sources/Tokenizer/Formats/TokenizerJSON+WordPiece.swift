import Storage

extension WordPieceTokenizer {
  /// The tokenizer as the bytes of a `tokenizer.json`; equal tokenizers give equal bytes.
  public func serialized() -> [UInt8] {
    TokenizerJSON.serialize(
      pipeline, preTokenizer: PreTokenizer.bert.json, decoder: Decoder.wordPiece(decoder).json,
      model: wordPieceJSON(rules))
  }
}

extension PipelineTokenizer {
  /// A model of WordPiece as `tokenizers` writes it.
  func wordPieceJSON(_ rules: WordPieceTokenizer.Rules) -> [(key: String, value: JSONValue)] {
    [
      ("type", .string("WordPiece")), ("unk_token", .string(rules.unknownToken)),
      ("continuing_subword_prefix", .string(rules.continuationPrefix)),
      ("max_input_chars_per_word", .integer(Int64(rules.longestWord))),
      ("vocab", .object(vocabularyJSON(spellings))),
    ]
  }
}

extension ComposedTokenizer {
  /// The tokenizer as the bytes of a `tokenizer.json`; equal tokenizers give equal bytes.
  public func serialized() -> [UInt8] {
    let model =
      switch composedModel {
      case .bytePair(let merges, _, let rules): bytePairJSON(merges, rules)
      case .wordPiece(_, _, let rules): wordPieceJSON(rules)
      }
    return TokenizerJSON.serialize(
      pipeline, preTokenizer: preTokenizer?.json ?? .null, decoder: decoder?.json ?? .null,
      model: model)
  }
}

extension TokenizerJSON {
  /// The tokenizer of a file whose model is WordPiece.
  func wordPieceTokenizer(
    _ parts: Parts, _ model: JSONObject
  ) throws(TokenizerError) -> any TextTokenizer {
    let rules = try wordPieceRules(model)
    let entries = try entries(model["vocab"], parts.addedTokens)
    for entry in entries where entry.text.utf8.count > AddedToken.longestContent {
      throw corrupt(
        "the token with the id \(entry.id) has \(entry.text.utf8.count.counting("byte")), more "
          + "than \(AddedToken.longestContent)")
    }
    let (vocabulary, outside) = try spelledVocabulary(entries, parts.addedTokens)
    let pipeline = try parts.pipeline(vocabulary, outside: outside)
    if parts.preTokenizer == .bert, case .wordPiece(let decoder) = parts.decoder {
      return try WordPieceTokenizer(pipeline, rules: rules, decoder: decoder, path: path)
    }
    let (trie, unknownID) = try rules.matching(vocabulary, without: outside, path: path)
    return ComposedTokenizer(
      pipeline, .wordPiece(trie, unknownID: unknownID, rules), preTokenizer: parts.preTokenizer,
      decoder: parts.decoder)
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
}
