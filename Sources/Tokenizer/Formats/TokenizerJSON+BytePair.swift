import Storage

extension PipelineTokenizer {
  /// How files write each token, by id; `nil` where no token has an id.
  var spellings: [String?] { (0..<TokenID(vocabularySize)).map(spelling) }

  /// The tokens by their spelling, in the order of their ids, as files have them.
  func vocabularyJSON(_ spellings: [String?]) -> JSONObject {
    JSONObject(
      distinct: spellings.enumerated().compactMap { id, spelling in
        let isOutside = pipeline.idsOutsideVocabulary.contains(TokenID(id))
        return isOutside ? nil : spelling.map { ($0, .integer(Int64(id))) }
      })
  }
}

extension ByteLevelBPETokenizer {
  /// The tokenizer as the bytes of a `tokenizer.json`; equal tokenizers give equal bytes.
  public func serialized() -> [UInt8] {
    let spellings = spellings
    let merges = merges.map { merge in
      JSONValue.array([merge.left, merge.right].map { .string(spellings[Int($0)] ?? "") })
    }
    return TokenizerJSON.serialize(
      pipeline, preTokenizer: pattern.json,
      // A decoder does not look at the flag; the library writes its default.
      decoder: .byteLevel(addsPrefixSpace: true),
      model: [
        ("type", .string("BPE")), ("dropout", .null), ("unk_token", .null),
        ("continuing_subword_prefix", .null), ("end_of_word_suffix", .null),
        ("fuse_unk", .bool(false)), ("byte_fallback", .bool(false)),
        ("ignore_merges", .bool(ignoresMerges)), ("vocab", .object(vocabularyJSON(spellings))),
        ("merges", .array(merges)),
      ])
  }
}

extension TokenizerJSON {
  /// The tokenizer of a file whose model is byte pair encoding, or claims to be nothing else.
  func bytePairTokenizer(
    _ root: JSONObject, _ model: JSONObject
  ) throws(TokenizerError) -> ByteLevelBPETokenizer {
    let normalizer = try normalizer(root["normalizer"])
    let pattern = try pattern(root["pre_tokenizer"])
    let postProcessor = try postProcessor(root["post_processor"])
    try checkByteLevel(root["decoder"], "decoder")
    let addedTokens = try addedTokens(root["added_tokens"])
    try checkModel(model)
    let (vocabulary, outside) = try vocabulary(model["vocab"], addedTokens)
    return try ByteLevelBPETokenizer(
      TokenizerPipeline(
        vocabulary, addedTokens: addedTokens, idsOutsideVocabulary: outside,
        normalizer: normalizer, postProcessor: postProcessor),
      merges: try merges(model["merges"], vocabulary), pattern: pattern,
      ignoresMerges: model["ignore_merges"]?.bool ?? false, path: path)
  }

  private func checkModel(_ model: JSONObject) throws(TokenizerError) {
    if let type = model["type"], type.string != "BPE" {
      throw unsupported("the model \"\(type.string ?? type.kind)\"")
    }
    for key in ["dropout", "unk_token"] { try requireNull(model[key], key) }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"]
    where model[key]?.string?.isEmpty != true {
      // GPT-2's own file has "" here.
      try requireNull(model[key], key)
    }
    if model["byte_fallback"]?.bool == true {
      throw unsupported("byte_fallback")
    }
  }

  /// The tokens of the member `vocab` and the added tokens, and which of these it lacks.
  func vocabulary(
    _ value: JSONValue?, _ addedTokens: [AddedToken]
  ) throws(TokenizerError) -> (Vocabulary, outside: Set<TokenID>) {
    let entries = try object(value, "\"vocab\"")
    var addedIDs: [[UInt8]: TokenID] = [:]
    for token in addedTokens { addedIDs[Array(token.content.utf8)] = token.id }
    var vocabulary = Vocabulary(
      capacity: min(entries.count + addedTokens.count, Vocabulary.largestSize))
    for (text, value) in zip(entries.keys, entries.values) {
      let id = try id(of: text, value)
      let content = Array(text.utf8)
      let addedID = addedIDs.removeValue(forKey: content)
      if let addedID, Int64(addedID) != id {
        throw corrupt("the token \"\(text)\" has the ids \(id) and \(addedID)")
      }
      let bytes = ByteAlphabet.bytes(of: text)
      guard bytes != nil || addedID != nil else {
        throw corrupt("the token \"\(text)\" has a character that stands for no byte")
      }
      try insert(bytes ?? content, text, id, isFindable: bytes != nil, into: &vocabulary)
    }
    var outside: Set<TokenID> = []
    for token in addedTokens where addedIDs[Array(token.content.utf8)] != nil {
      try insert(
        ByteAlphabet.bytes(of: token.content) ?? Array(token.content.utf8), token.content,
        Int64(token.id), isFindable: false, into: &vocabulary)
      outside.insert(token.id)
    }
    return (vocabulary, outside)
  }

  /// The id `value` of the token `text`.
  func id(of text: String, _ value: JSONValue) throws(TokenizerError) -> Int64 {
    guard let id = value.integer else {
      throw corrupt("the id of the token \"\(text)\" is \(value.kind)")
    }
    return id
  }

  func insert(
    _ bytes: [UInt8], _ text: String, _ id: Int64, isFindable: Bool = true,
    into vocabulary: inout Vocabulary
  ) throws(TokenizerError) {
    do {
      try vocabulary.insert(bytes, id: id, isFindable: isFindable)
    } catch {
      switch error {
      case .empty: throw corrupt("a token is empty")
      case .bytesTaken: throw corrupt("the token \"\(text)\" occurs twice")
      case .idTaken: throw corrupt("two tokens have the id \(id)")
      case .idOutOfRange:
        let last = Vocabulary.largestSize - 1
        throw corrupt("the id \(id) of the token \"\(text)\" is not between 0 and \(last)")
      }
    }
  }

  private func merges(
    _ value: JSONValue?, _ vocabulary: Vocabulary
  ) throws(TokenizerError) -> [Merge] {
    let values = try array(value, "\"merges\"")
    guard values.count <= Vocabulary.largestSize else {
      throw corrupt("there are \(values.count) merges, more than \(Vocabulary.largestSize)")
    }
    var reader = MergeReader(vocabulary)
    for (rank, value) in values.enumerated() {
      guard let (left, right) = parts(of: value) else {
        throw corrupt("merge \(rank) is not two tokens")
      }
      guard reader.append(left, right) else {
        throw corrupt("merge \(rank), of \"\(left)\" and \"\(right)\", names an unknown token")
      }
    }
    return reader.merges
  }

  /// The two tokens of a merge, written as `["a", "b"]` or as `"a b"`.
  private func parts(of value: JSONValue) -> (Substring, Substring)? {
    if let pair = value.array {
      guard pair.count == 2, let left = pair[0].string, let right = pair[1].string else {
        return nil
      }
      return (left[...], right[...])
    }
    guard let text = value.string, let space = text.utf8.firstIndex(of: 0x20) else { return nil }
    let right = text[text.utf8.index(after: space)...]
    return right.utf8.contains(0x20) ? nil : (text[..<space], right)
  }
}
