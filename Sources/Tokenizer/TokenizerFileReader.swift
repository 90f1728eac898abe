import StrictJSON

/// Makes a tokenizer of a parsed `tokenizer.json`, or says what stands in the way.
struct TokenizerFileReader {
  let path: String

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
    let postProcessor = try byteLevelPostProcessor(root["post_processor"])
    try checkByteLevel(root["decoder"], "decoder")
    let specialTokens = try specialTokens(root["added_tokens"], normalizer)
    try checkModel(model)
    let vocabulary = try vocabulary(model["vocab"], specialTokens)
    let merges = try merges(model["merges"], vocabulary)
    do {
      return try ByteLevelBPETokenizer(
        vocabulary: vocabulary, merges: merges, specialTokens: specialTokens,
        normalizer: normalizer, postProcessor: postProcessor, pattern: pattern,
        ignoresMerges: model["ignore_merges"]?.bool ?? false)
    } catch {
      throw corrupt(error.reason)
    }
  }

  // MARK: Steps before the model

  func normalizer(_ value: JSONValue?) throws(TokenizerError) -> Normalizer {
    guard let value, !value.isNull else { return Normalizer(steps: []) }
    let description = try object(value, "\"normalizer\"")
    guard description["type"]?.string == "Sequence" else {
      return Normalizer(steps: [try step(value)])
    }
    var steps: [Normalizer.Step] = []
    for value in try array(description["normalizers"], "\"normalizers\"") {
      steps.append(try step(value))
    }
    return Normalizer(steps: steps)
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

  func specialTokens(
    _ value: JSONValue?, _ normalizer: Normalizer
  ) throws(TokenizerError) -> [SpecialToken] {
    var tokens: [SpecialToken] = []
    for token in try addedTokens(value) {
      try checkFlags(of: token, normalizer)
      tokens.append(SpecialToken(id: token.id, content: token.content))
    }
    return tokens
  }

  private func checkFlags(
    of token: AddedToken, _ normalizer: Normalizer
  ) throws(TokenizerError) {
    let flags = [
      ("single_word", token.isSingleWord), ("lstrip", token.stripsLeft),
      ("rstrip", token.stripsRight),
    ]
    for (flag, isSet) in flags where isSet {
      throw .unsupported(path: path, feature: "\(flag) of the added token \"\(token.content)\"")
    }
    if !token.isSpecial {
      throw .unsupported(
        path: path, feature: "the added token \"\(token.content)\" that is not special")
    }
    // Where nothing is normalised it makes no difference.
    if token.isNormalized, !normalizer.steps.isEmpty {
      throw .unsupported(path: path, feature: "the normalized added token \"\(token.content)\"")
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

  func vocabulary(
    _ value: JSONValue?, _ specialTokens: [SpecialToken]
  ) throws(TokenizerError) -> Vocabulary {
    let entries = try object(value, "\"vocab\"")
    var specialIDs: [[UInt8]: TokenID] = [:]
    for token in specialTokens { specialIDs[Array(token.content.utf8)] = token.id }
    var vocabulary = Vocabulary()
    for (text, value) in zip(entries.keys, entries.values) {
      guard let id = value.integer else {
        throw corrupt("the id of the token \"\(text)\" is \(value.kind)")
      }
      let content = Array(text.utf8)
      if let specialID = specialIDs.removeValue(forKey: content) {
        guard Int64(specialID) == id else {
          throw corrupt("the token \"\(text)\" has the ids \(id) and \(specialID)")
        }
        try insert(content, text, id, SpecialToken.isWrittenAsBytes(text), into: &vocabulary)
      } else if let bytes = ByteAlphabet.bytes(of: text) {
        try insert(bytes, text, id, true, into: &vocabulary)
      } else {
        throw corrupt("the token \"\(text)\" has a character that stands for no byte")
      }
    }
    for token in specialTokens where specialIDs[Array(token.content.utf8)] != nil {
      try insert(
        Array(token.content.utf8), token.content, Int64(token.id),
        SpecialToken.isWrittenAsBytes(token.content), into: &vocabulary)
    }
    return vocabulary
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
