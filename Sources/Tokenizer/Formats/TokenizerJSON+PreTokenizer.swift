import Storage

extension SplitPattern {
  /// The pattern as a `pre_tokenizer`.
  var json: JSONValue {
    if self == .gpt2 { return .byteLevel(addsPrefixSpace: false) }
    let split = JSONValue.part(
      "Split",
      [
        ("pattern", .members([("Regex", .string(regularExpression))])),
        ("behavior", .string("Isolated")), ("invert", .bool(false)),
      ])
    let steps = [split, .byteLevel(addsPrefixSpace: false, splits: false)]
    return .part("Sequence", [("pretokenizers", .array(steps))])
  }
}

extension JSONValue {
  /// A pre-tokenizer, post-processor or decoder `ByteLevel`.
  static func byteLevel(
    addsPrefixSpace: Bool, trimsOffsets: Bool = true, splits: Bool = true
  ) -> JSONValue {
    .part(
      "ByteLevel",
      [
        ("add_prefix_space", .bool(addsPrefixSpace)), ("trim_offsets", .bool(trimsOffsets)),
        ("use_regex", .bool(splits)),
      ])
  }
}

extension TokenizerJSON {
  /// The pattern of the member `pre_tokenizer`: `ByteLevel`, which is GPT-2's, or a `Split` by
  /// one of the patterns before a `ByteLevel` that splits nothing.
  func pattern(_ value: JSONValue?) throws(TokenizerError) -> SplitPattern {
    guard let value, !value.isNull else {
      throw unsupported("no pre_tokenizer")
    }
    let description = try object(value, "\"pre_tokenizer\"")
    guard description["type"]?.string == "Sequence" else {
      try checkByteLevel(value, "pre_tokenizer")
      try checkPrefixSpace(description)
      if let usesRegex = description["use_regex"], usesRegex.bool != true {
        throw unsupported("a text that is not split (use_regex false)")
      }
      return .gpt2
    }
    let steps = try array(description["pretokenizers"], "\"pretokenizers\"")
    guard steps.count == 2 else {
      throw unsupported("a sequence of \(steps.count) pre-tokenizers")
    }
    let pattern = try splitPattern(steps[0])
    try checkByteLevel(steps[1], "pre_tokenizer")
    let byteLevel = try object(steps[1], "a pre-tokenizer")
    try checkPrefixSpace(byteLevel)
    guard byteLevel["use_regex"]?.bool == false else {
      throw unsupported("two patterns one after the other (use_regex)")
    }
    return pattern
  }

  private func splitPattern(_ value: JSONValue) throws(TokenizerError) -> SplitPattern {
    let type = try type(of: value, "a pre-tokenizer")
    let split = try object(value, "a pre-tokenizer")
    guard type == "Split" else {
      throw unsupported("the pre_tokenizer \"\(type)\" in a sequence")
    }
    // Every character is in a match, so that it is the same to keep the matches of the pattern
    // and to take away what is between them.
    let behavior = split["behavior"]?.string ?? ""
    let isInverted = split["invert"]?.bool ?? false
    guard behavior == "Isolated" && !isInverted || behavior == "Removed" && isInverted else {
      throw unsupported("the behavior \"\(behavior)\" of the split")
    }
    guard let text = split["pattern"]?.object?["Regex"]?.string else {
      throw unsupported("a split by something else than a regular expression")
    }
    guard let pattern = SplitPattern(regularExpression: text) else {
      throw unsupported("the split pattern \(text)")
    }
    return pattern
  }

  /// Checks that a part of the pipeline is of the type `ByteLevel`.
  func checkByteLevel(_ value: JSONValue?, _ key: String) throws(TokenizerError) {
    guard let value, !value.isNull else { throw unsupported("no \(key)") }
    let type = try type(of: value, "\"\(key)\"")
    guard type == "ByteLevel" else { throw unsupported("the \(key) \"\(type)\"") }
  }

  private func checkPrefixSpace(_ byteLevel: JSONObject) throws(TokenizerError) {
    if byteLevel["add_prefix_space"]?.bool != false {
      throw unsupported("a space before every text (add_prefix_space)")
    }
  }
}
