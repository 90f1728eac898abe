import Storage

/// `tokenizer.json`, the format of Hugging Face's `tokenizers`: reads a tokenizer, or says what
/// stands in the way, and writes one.
///
/// Each part of a file has a page of its own, where it is read and written.
struct TokenizerJSON {
  let path: String
  /// The Unicode version to normalise by, whatever the file says; `nil` for that of the file.
  var unicode: UnicodeVersion?

  func tokenizer(_ bytes: [UInt8]) throws(TokenizerError) -> any TextTokenizer {
    let root = try object(document(bytes), "the file")
    let model = try object(root["model"], "\"model\"")
    if let version = root["version"], version.string != "1.0" {
      throw unsupported("a format version other than \"1.0\"")
    }
    let parts = try parts(root)
    switch try family(of: model) {
    case .bytePair: return try bytePairTokenizer(parts, model)
    case .wordPiece: return try wordPieceTokenizer(parts, model)
    }
  }

  /// The kinds of models that are read.
  private enum Family {
    case bytePair
    case wordPiece
  }

  /// The kind of `model`; one that does not name it is told by its members, as in the library.
  private func family(of model: JSONObject) throws(TokenizerError) -> Family {
    switch model["type"]?.string {
    case "BPE": return .bytePair
    case "WordPiece": return .wordPiece
    case let type?: throw unsupported("the model \"\(type)\"")
    case nil: break
    }
    if model["merges"] != nil { return .bytePair }
    if model["vocab"]?.array != nil { throw unsupported("the model \"Unigram\"") }
    guard model["max_input_chars_per_word"] != nil || model["continuing_subword_prefix"] != nil
    else { throw unsupported("the model \"WordLevel\"") }
    return .wordPiece
  }

  /// The parts of a file beside its model.
  struct Parts {
    let addedTokens: [AddedToken]
    let normalizer: Normalizer
    let preTokenizer: PreTokenizer?
    let postProcessor: PostProcessor?
    let decoder: Decoder?
    let batching: BatchRules

    /// A pipeline of these parts.
    func pipeline(
      _ vocabulary: Vocabulary, outside: Set<TokenID>
    ) throws(TokenizerError) -> TokenizerPipeline {
      try TokenizerPipeline(
        vocabulary, addedTokens: addedTokens, idsOutsideVocabulary: outside,
        normalizer: normalizer, postProcessor: postProcessor, batching: batching)
    }
  }

  private func parts(_ root: JSONObject) throws(TokenizerError) -> Parts {
    Parts(
      addedTokens: try addedTokens(root["added_tokens"]),
      normalizer: try normalizer(root["normalizer"]),
      preTokenizer: try preTokenizer(root["pre_tokenizer"]),
      postProcessor: try postProcessor(root["post_processor"]),
      decoder: try decoder(root["decoder"]), batching: try batching(root))
  }

  /// A file of `pipeline` and the parts that its model has a say in, laid out as `tokenizers` does.
  static func serialize(
    _ pipeline: TokenizerPipeline, preTokenizer: JSONValue, decoder: JSONValue,
    model: [(key: String, value: JSONValue)]
  ) -> [UInt8] {
    let head: [(key: String, value: JSONValue)] =
      [("version", .string("1.0"))] + pipeline.batching.json
    return JSONValue.members(
      head + [
        ("added_tokens", .array(pipeline.addedTokens.map(\.json))),
        ("normalizer", pipeline.normalizer.json),
        ("pre_tokenizer", preTokenizer),
        ("post_processor", pipeline.postProcessor?.json ?? .null),
        ("decoder", decoder),
        ("model", .members(model)),
      ]
    ).serialized(.pretty)
  }

  // MARK: Values

  func document(_ bytes: [UInt8]) throws(TokenizerError) -> JSONValue {
    do { return try JSONValue.parse(bytes) } catch { throw corrupt(error.description) }
  }

  func corrupt(_ reason: String) -> TokenizerError { .corrupt(path: path, reason: reason) }

  func unsupported(_ feature: String) -> TokenizerError {
    .unsupported(path: path, feature: feature)
  }

  func object(_ value: JSONValue?, _ name: String) throws(TokenizerError) -> JSONObject {
    try required(value, name, "an object", \.object)
  }

  func array(_ value: JSONValue?, _ name: String) throws(TokenizerError) -> [JSONValue] {
    try required(value, name, "an array", \.array)
  }

  private func required<Value>(
    _ value: JSONValue?, _ name: String, _ kind: String, _ read: (JSONValue) -> Value?
  ) throws(TokenizerError) -> Value {
    guard let value else { throw corrupt("\(name) is missing") }
    guard let result = read(value) else {
      throw corrupt("\(name) is \(value.kind) instead of \(kind)")
    }
    return result
  }

  func type(of value: JSONValue, _ name: String) throws(TokenizerError) -> String {
    guard let type = try object(value, name)["type"]?.string else {
      throw corrupt("\(name) has no type")
    }
    return type
  }

  /// What `value`, if it is there and not null, is read as; `kind` says what it should be.
  private func optional<Value>(
    _ value: JSONValue?, _ kind: String, _ read: (JSONValue) -> Value?
  ) throws(TokenizerError) -> Value? {
    guard let value, !value.isNull else { return nil }
    guard let result = read(value) else { throw corrupt("\(value.kind) stands for \(kind)") }
    return result
  }

  func string(_ value: JSONValue?) throws(TokenizerError) -> String? {
    try optional(value, "a string", \.string)
  }

  func integer(_ value: JSONValue?) throws(TokenizerError) -> Int64? {
    try optional(value, "an integer", \.integer)
  }

  func flag(_ value: JSONValue?) throws(TokenizerError) -> Bool? {
    try optional(value, "a truth value", \.bool)
  }
}

extension JSONValue {
  /// An object of `members`.
  static func members(_ members: [(key: String, value: JSONValue)]) -> JSONValue {
    .object(JSONObject(members))
  }

  /// A part of a pipeline: its type and `members`.
  static func part(_ type: String, _ members: [(key: String, value: JSONValue)] = []) -> JSONValue {
    .members([("type", .string(type))] + members)
  }

  /// The integer `id`.
  static func id(_ id: TokenID) -> JSONValue { .integer(Int64(id)) }
}
