import Storage

extension TokenizerFileReader {
  /// The pattern of the member `pre_tokenizer`: `ByteLevel`, which is GPT-2's, or a `Split` by
  /// one of the patterns before a `ByteLevel` that splits nothing.
  func pattern(_ value: JSONValue?) throws(TokenizerError) -> SplitPattern {
    guard let value, !value.isNull else {
      throw .unsupported(path: path, feature: "no pre_tokenizer")
    }
    let description = try object(value, "\"pre_tokenizer\"")
    guard description["type"]?.string == "Sequence" else {
      try checkByteLevel(value, "pre_tokenizer")
      try checkPrefixSpace(description)
      if let usesRegex = description["use_regex"], usesRegex.bool != true {
        throw .unsupported(path: path, feature: "a text that is not split (use_regex false)")
      }
      return .gpt2
    }
    let steps = try array(description["pretokenizers"], "\"pretokenizers\"")
    guard steps.count == 2 else {
      throw .unsupported(path: path, feature: "a sequence of \(steps.count) pre-tokenizers")
    }
    let pattern = try splitPattern(steps[0])
    try checkByteLevel(steps[1], "pre_tokenizer")
    let byteLevel = try object(steps[1], "a pre-tokenizer")
    try checkPrefixSpace(byteLevel)
    guard byteLevel["use_regex"]?.bool == false else {
      throw .unsupported(path: path, feature: "two patterns one after the other (use_regex)")
    }
    return pattern
  }

  private func splitPattern(_ value: JSONValue) throws(TokenizerError) -> SplitPattern {
    let type = try type(of: value, "a pre-tokenizer")
    let split = try object(value, "a pre-tokenizer")
    guard type == "Split" else {
      throw .unsupported(path: path, feature: "the pre_tokenizer \"\(type)\" in a sequence")
    }
    // Every character is in a match, so that it is the same to keep the matches of the pattern
    // and to take away what is between them.
    let behavior = split["behavior"]?.string ?? ""
    let isInverted = split["invert"]?.bool ?? false
    guard behavior == "Isolated" && !isInverted || behavior == "Removed" && isInverted else {
      throw .unsupported(path: path, feature: "the behavior \"\(behavior)\" of the split")
    }
    guard let text = split["pattern"]?.object?["Regex"]?.string else {
      throw .unsupported(path: path, feature: "a split by something else than a regular expression")
    }
    guard let pattern = SplitPattern(regularExpression: text) else {
      throw .unsupported(path: path, feature: "the split pattern \(text)")
    }
    return pattern
  }

  private func checkPrefixSpace(_ byteLevel: JSONObject) throws(TokenizerError) {
    if byteLevel["add_prefix_space"]?.bool != false {
      throw .unsupported(path: path, feature: "a space before every text (add_prefix_space)")
    }
  }
}
