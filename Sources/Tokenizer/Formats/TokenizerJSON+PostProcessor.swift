import Storage

extension PostProcessor {
  /// The post-processor as `tokenizers` writes it.
  var json: JSONValue {
    func ends(
      _ separator: SpecialToken, _ classification: SpecialToken
    ) -> [(key: String, value: JSONValue)] {
      [("sep", separator), ("cls", classification)].map {
        ($0, .array([.string($1.content), .id($1.id)]))
      }
    }
    switch self {
    case .bert(let classification, let separator):
      return .part("BertProcessing", ends(separator, classification))
    case .roberta(let classification, let separator, let trimsOffsets, let addsPrefixSpace):
      return .part(
        "RobertaProcessing",
        ends(separator, classification) + [
          ("trim_offsets", .bool(trimsOffsets)), ("add_prefix_space", .bool(addsPrefixSpace)),
        ])
    case .byteLevel(let trimsOffsets, let addsPrefixSpace):
      return .byteLevel(
        ByteLevelSplit(addsPrefixSpace: addsPrefixSpace, trimsOffsets: trimsOffsets))
    case .sequence(let processors):
      return .part("Sequence", [("processors", .array(processors.map(\.json)))])
    case .template(let template):
      return .part(
        "TemplateProcessing",
        [
          ("single", .array(template.single.map(\.json))),
          ("pair", .array(template.pair.map(\.json))),
          ("special_tokens", .members(template.tokens.map { ($0.name, $0.json) })),
        ])
    }
  }
}

extension ProcessingTemplate.Part {
  fileprivate var json: JSONValue {
    let (kind, name, typeID) =
      switch self {
      case .token(let name, let typeID): ("SpecialToken", name, typeID)
      case .first(let typeID): ("Sequence", "A", typeID)
      case .second(let typeID): ("Sequence", "B", typeID)
      }
    return .members([
      (kind, .members([("id", .string(name)), ("type_id", .integer(Int64(typeID)))]))
    ])
  }
}

extension ProcessingTemplate.Token {
  fileprivate var json: JSONValue {
    .members([
      ("id", .string(name)), ("ids", .array(ids.map(JSONValue.id))),
      ("tokens", .array(contents.map(JSONValue.string))),
    ])
  }
}

extension TokenizerJSON {
  /// The post-processor `value`; `nil` where there is none.
  func postProcessor(_ value: JSONValue?) throws(TokenizerError) -> PostProcessor? {
    guard let value, !value.isNull else { return nil }
    let description = try object(value, "\"post_processor\"")
    let type = try type(of: value, "\"post_processor\"")
    func isOn(_ key: String) throws(TokenizerError) -> Bool { try flag(description[key]) ?? true }
    switch type {
    case "BertProcessing":
      return .bert(
        classification: try pair(description["cls"]), separator: try pair(description["sep"]))
    case "RobertaProcessing":
      return .roberta(
        classification: try pair(description["cls"]), separator: try pair(description["sep"]),
        trimsOffsets: try isOn("trim_offsets"), addsPrefixSpace: try isOn("add_prefix_space"))
    case "TemplateProcessing":
      return .template(try template(description))
    case "ByteLevel":
      return .byteLevel(
        trimsOffsets: try isOn("trim_offsets"), addsPrefixSpace: try isOn("add_prefix_space"))
    case "Sequence":
      return try sequence(description["processors"])
    default:
      throw unsupported("the post_processor \"\(type)\"")
    }
  }

  /// Post-processors one after the other, one of which at most puts tokens around a text.
  private func sequence(_ value: JSONValue?) throws(TokenizerError) -> PostProcessor {
    var processors: [PostProcessor] = []
    for value in try array(value, "\"processors\"") {
      guard let processor = try postProcessor(value) else {
        throw corrupt("a post-processor of the sequence is null")
      }
      processors.append(processor)
    }
    let placing = processors.count { if case .byteLevel = $0 { false } else { true } }
    guard placing <= 1 else {
      throw unsupported("\(placing) post-processors one after the other")
    }
    return .sequence(processors)
  }

  /// A token written as `["[CLS]", 101]`.
  private func pair(_ value: JSONValue?) throws(TokenizerError) -> SpecialToken {
    let pair = try array(value, "a token of \"post_processor\"")
    guard pair.count == 2, let content = pair[0].string, let id = tokenID(pair[1]) else {
      throw corrupt("a token of \"post_processor\" is not a string and an id")
    }
    return SpecialToken(id: id, content: content)
  }

  private func template(_ description: JSONObject) throws(TokenizerError) -> ProcessingTemplate {
    let single = try parts(description["single"])
    let pair = try parts(description["pair"])
    let tokens = try templateTokens(description["special_tokens"])
    guard let template = ProcessingTemplate(single: single, pair: pair, tokens: tokens) else {
      throw corrupt("the template has not one place for a text, or a token that it does not list")
    }
    return template
  }

  private func parts(_ value: JSONValue?) throws(TokenizerError) -> [ProcessingTemplate.Part] {
    var parts: [ProcessingTemplate.Part] = []
    for value in try array(value, "a template") {
      let description = try object(value, "a part of a template")
      guard description.keys.count == 1, let kind = description.keys.first,
        let body = description[kind]?.object, let name = body["id"]?.string,
        let typeID = Int(exactly: body["type_id"]?.integer ?? 0)
      else {
        throw corrupt("a part of a template has no usable id")
      }
      switch (kind, name) {
      case ("SpecialToken", _): parts.append(.token(name, typeID: typeID))
      case ("Sequence", "A"): parts.append(.first(typeID: typeID))
      case ("Sequence", "B"): parts.append(.second(typeID: typeID))
      default: throw corrupt("a part of a template is neither a token nor a text")
      }
    }
    return parts
  }

  private func templateTokens(
    _ value: JSONValue?
  ) throws(TokenizerError) -> [ProcessingTemplate.Token] {
    let entries = try object(value, "\"special_tokens\"")
    var tokens: [ProcessingTemplate.Token] = []
    for (name, value) in zip(entries.keys, entries.values) {
      let description = try object(value, "a token of a template")
      let ids = try array(description["ids"], "\"ids\"").compactMap(tokenID)
      let contents = try array(description["tokens"], "\"tokens\"").compactMap(\.string)
      guard ids.count == contents.count, ids.count == description["ids"]?.array?.count else {
        throw corrupt("the token \"\(name)\" of a template has not as many ids as tokens")
      }
      tokens.append(ProcessingTemplate.Token(name: name, ids: ids, contents: contents))
    }
    return tokens
  }
}
