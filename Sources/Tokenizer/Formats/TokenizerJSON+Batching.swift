import Storage

extension BatchRules {
  /// The members `truncation` and `padding` as `tokenizers` writes them.
  var json: [(key: String, value: JSONValue)] {
    [("truncation", truncation?.json ?? .null), ("padding", padding?.json ?? .null)]
  }
}

extension Truncation {
  fileprivate var json: JSONValue {
    .members([
      ("direction", .string(direction.rawValue)), ("max_length", .integer(Int64(maximumLength))),
      ("strategy", .string(strategy.rawValue)), ("stride", .integer(Int64(stride))),
    ])
  }
}

extension Padding {
  fileprivate var json: JSONValue {
    let fixed = fixedLength.map { JSONValue.members([("Fixed", .integer(Int64($0)))]) }
    return .members([
      ("strategy", fixed ?? .string("BatchLongest")), ("direction", .string(direction.rawValue)),
      ("pad_to_multiple_of", multiple.map { .integer(Int64($0)) } ?? .null),
      ("pad_id", .id(token.id)), ("pad_type_id", .integer(Int64(typeID))),
      ("pad_token", .string(token.content)),
    ])
  }
}

extension TokenizerJSON {
  /// The members `truncation` and `padding`.
  func batching(_ root: JSONObject) throws(TokenizerError) -> BatchRules {
    BatchRules(
      truncation: try truncation(root["truncation"]), padding: try padding(root["padding"]))
  }

  private func truncation(_ value: JSONValue?) throws(TokenizerError) -> Truncation? {
    guard let value, !value.isNull else { return nil }
    let part = try object(value, "\"truncation\"")
    guard let maximumLength = try length(part["max_length"]) else {
      throw corrupt("\"truncation\" has no max_length")
    }
    return Truncation(
      direction: try choice(part["direction"]) ?? .right, maximumLength: maximumLength,
      strategy: try choice(part["strategy"]) ?? .longestFirst,
      stride: try length(part["stride"]) ?? 0)
  }

  private func padding(_ value: JSONValue?) throws(TokenizerError) -> Padding? {
    guard let value, !value.isNull else { return nil }
    let part = try object(value, "\"padding\"")
    guard let id = tokenID(part["pad_id"]) else {
      throw corrupt("\"padding\" has no usable id")
    }
    return Padding(
      fixedLength: try length(part["strategy"]?.object?["Fixed"]),
      direction: try choice(part["direction"]) ?? .right,
      multiple: try length(part["pad_to_multiple_of"]),
      token: SpecialToken(id: id, content: try string(part["pad_token"]) ?? "[PAD]"),
      typeID: try length(part["pad_type_id"]) ?? 0)
  }

  private func length(_ value: JSONValue?) throws(TokenizerError) -> Int? {
    guard let length = try integer(value) else { return nil }
    guard let length = Int(exactly: length), length >= 0 else {
      throw corrupt("a length of \"truncation\" or \"padding\" is negative")
    }
    return length
  }
}
