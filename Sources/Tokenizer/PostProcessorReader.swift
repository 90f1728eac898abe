import Storage

extension TokenizerFileReader {
  /// The post-processor `value`; `nil` where there is none.
  func postProcessor(_ value: JSONValue?) throws(TokenizerError) -> PostProcessor? {
    guard let value, !value.isNull else { return nil }
    let description = try object(value, "\"post_processor\"")
    let type = try type(of: value, "\"post_processor\"")
    switch type {
    case "BertProcessing":
      return .bert(
        classification: try pair(description["cls"]), separator: try pair(description["sep"]))
    case "RobertaProcessing":
      return .roberta(
        classification: try pair(description["cls"]), separator: try pair(description["sep"]),
        trimsOffsets: try optional(description["trim_offsets"], "a truth value", \.bool) ?? true,
        addsPrefixSpace:
          try optional(description["add_prefix_space"], "a truth value", \.bool) ?? true)
    case "TemplateProcessing":
      return .template(try template(description))
    case "ByteLevel":
      return .byteLevel(
        trimsOffsets: try optional(description["trim_offsets"], "a truth value", \.bool) ?? true,
        addsPrefixSpace:
          try optional(description["add_prefix_space"], "a truth value", \.bool) ?? true)
    case "Sequence":
      return try sequence(description["processors"])
    default:
      throw .unsupported(path: path, feature: "the post_processor \"\(type)\"")
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
      throw .unsupported(path: path, feature: "\(placing) post-processors one after the other")
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

  private func tokenID(_ value: JSONValue) -> TokenID? {
    value.integer.flatMap { 0..<Int64(Vocabulary.largestSize) ~= $0 ? TokenID($0) : nil }
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
