import Storage

/// Makes a tokenizer of a parsed `tokenizer.json`, or says what stands in the way.
struct TokenizerFileReader {
  let path: String
  /// The Unicode version to normalise by, whatever the file says; `nil` for that of the file.
  var unicode: UnicodeVersion?

  func tokenizer(_ document: JSONValue) throws(TokenizerError) -> any TextTokenizer {
    let root = try object(document, "the file")
    let model = try object(root["model"], "\"model\"")
    if let version = root["version"], version.string != "1.0" {
      throw .unsupported(path: path, feature: "a format version other than \"1.0\"")
    }
    for key in ["truncation", "padding"] { try requireNull(root[key], key) }
    if model["type"]?.string == "WordPiece" { return try wordPieceTokenizer(root, model) }
    let normalizer = try normalizer(root["normalizer"])
    let pattern = try pattern(root["pre_tokenizer"])
    let postProcessor = try postProcessor(root["post_processor"])
    try checkByteLevel(root["decoder"], "decoder")
    let addedTokens = try addedTokens(root["added_tokens"])
    try checkModel(model)
    let (vocabulary, outside) = try vocabulary(model["vocab"], addedTokens)
    let merges = try merges(model["merges"], vocabulary)
    do {
      return try ByteLevelBPETokenizer(
        vocabulary: vocabulary, merges: merges, addedTokens: addedTokens,
        idsOutsideVocabulary: outside, normalizer: normalizer, postProcessor: postProcessor,
        pattern: pattern,
        ignoresMerges: model["ignore_merges"]?.bool ?? false)
    } catch {
      throw corrupt(error.reason)
    }
  }

  // MARK: Steps before the model

  func normalizer(_ value: JSONValue?) throws(TokenizerError) -> Normalizer {
    guard let value, !value.isNull else { return Normalizer(steps: []) }
    let description = try object(value, "\"normalizer\"")
    var steps: [Normalizer.Step] = []
    if description["type"]?.string == "Sequence" {
      for value in try array(description["normalizers"], "\"normalizers\"") {
        steps.append(try step(value))
      }
    } else {
      steps = [try step(value)]
    }
    if let unicode { return Normalizer(steps: steps, unicode: unicode) }
    return Normalizer(
      steps: steps, unicode: try unicodeVersion(description[TokenizerFile.unicodeKey]),
      icu: try optional(description[TokenizerFile.icuKey], "a string", \.string))
  }

  /// The Unicode version of a normalizer; files of `tokenizers` name none.
  private func unicodeVersion(_ value: JSONValue?) throws(TokenizerError) -> UnicodeVersion {
    guard let text = try optional(value, "a string", \.string) else { return .tokenizers }
    guard let version = UnicodeVersion(text) else {
      throw corrupt("\"\(text)\" is no version of Unicode")
    }
    return version
  }

  private func step(_ value: JSONValue) throws(TokenizerError) -> Normalizer.Step {
    let type = try type(of: value, "a normalizer")
    if type == BertNormalizer.name { return .bert(try bertNormalizer(value)) }
    guard let step = Normalizer.Step(name: type) else {
      throw .unsupported(path: path, feature: "the normalizer \"\(type)\"")
    }
    return step
  }

  /// Checks that a part of the pipeline is of the type `ByteLevel`.
  func checkByteLevel(
    _ value: JSONValue?, _ key: String
  ) throws(TokenizerError) {
    guard let value, !value.isNull else {
      throw .unsupported(path: path, feature: "no \(key)")
    }
    let type = try type(of: value, "\"\(key)\"")
    guard type == "ByteLevel" else {
      throw .unsupported(path: path, feature: "the \(key) \"\(type)\"")
    }
  }

  // MARK: The model

  private func checkModel(_ model: JSONObject) throws(TokenizerError) {
    if let type = model["type"], type.string != "BPE" {
      throw .unsupported(path: path, feature: "the model \"\(type.string ?? type.kind)\"")
    }
    for key in ["dropout", "unk_token"] { try requireNull(model[key], key) }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"]
    where model[key]?.string?.isEmpty != true {
      // GPT-2's own file has "" here.
      try requireNull(model[key], key)
    }
    if model["byte_fallback"]?.bool == true {
      throw .unsupported(path: path, feature: "byte_fallback")
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
      guard let id = value.integer else {
        throw corrupt("the id of the token \"\(text)\" is \(value.kind)")
      }
      let content = Array(text.utf8)
      let addedID = addedIDs.removeValue(forKey: content)
      if let addedID, Int64(addedID) != id {
        throw corrupt("the token \"\(text)\" has the ids \(id) and \(addedID)")
      }
      let bytes = ByteAlphabet.bytes(of: text)
      guard bytes != nil || addedID != nil else {
        throw corrupt("the token \"\(text)\" has a character that stands for no byte")
      }
      try insert(bytes ?? content, text, id, bytes != nil, into: &vocabulary)
    }
    var outside: Set<TokenID> = []
    for token in addedTokens where addedIDs[Array(token.content.utf8)] != nil {
      try insert(
        ByteAlphabet.bytes(of: token.content) ?? Array(token.content.utf8), token.content,
        Int64(token.id), false, into: &vocabulary)
      outside.insert(token.id)
    }
    return (vocabulary, outside)
  }

  func insert(
    _ bytes: [UInt8], _ text: String, _ id: Int64, _ isFindable: Bool,
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

  // MARK: Values

  func corrupt(_ reason: String) -> TokenizerError {
    .corrupt(path: path, reason: reason)
  }

  func object(_ value: JSONValue?, _ name: String) throws(TokenizerError) -> JSONObject {
    guard let value else { throw corrupt("\(name) is missing") }
    guard let object = value.object else {
      throw corrupt("\(name) is \(value.kind) instead of an object")
    }
    return object
  }

  func array(_ value: JSONValue?, _ name: String) throws(TokenizerError) -> [JSONValue] {
    guard let value else { throw corrupt("\(name) is missing") }
    guard let array = value.array else {
      throw corrupt("\(name) is \(value.kind) instead of an array")
    }
    return array
  }

  func type(of value: JSONValue, _ name: String) throws(TokenizerError) -> String {
    guard let type = try object(value, name)["type"]?.string else {
      throw corrupt("\(name) has no type")
    }
    return type
  }

  func requireNull(_ value: JSONValue?, _ key: String) throws(TokenizerError) {
    guard value?.isNull ?? true else { throw .unsupported(path: path, feature: "\"\(key)\"") }
  }
}
