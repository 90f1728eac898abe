import Storage

extension PreTokenizer {
  /// The pre-tokenizer as `tokenizers` writes it.
  var json: JSONValue {
    switch self {
    case .byteLevel(let split): .byteLevel(split)
    case .bert: .part("BertPreTokenizer")
    case .whitespace: .part("Whitespace")
    case .whitespaceSplit: .part("WhitespaceSplit")
    case .punctuation(let behavior):
      .part("Punctuation", [("behavior", .string(behavior.rawValue))])
    case .digits(let isIndividual): .part("Digits", [("individual_digits", .bool(isIndividual))])
    case .delimiter(let scalar):
      .part("CharDelimiterSplit", [("delimiter", .string(String(scalar)))])
    case .metaspace(let metaspace): .metaspace(metaspace)
    case .unicodeScripts: .part("UnicodeScripts")
    case .fixedLength(let length): .part("FixedLength", [("length", .integer(Int64(length)))])
    case .split(let split):
      .part(
        "Split",
        [
          ("pattern", split.pattern.json), ("behavior", .string(split.behavior.rawValue)),
          ("invert", .bool(split.isInverted)),
        ])
    case .sequence(let steps): .part("Sequence", [("pretokenizers", .array(steps.map(\.json)))])
    }
  }

  /// The types of the pre-tokenizers, as `tokenizers` names them, one after the other.
  public var typeNames: [String] {
    if case .sequence(let steps) = self { return steps.flatMap(\.typeNames) }
    return [json.object?["type"]?.string].compactMap(\.self)
  }

  /// The published pattern by which alone this splits text into pieces of bytes, if it does so.
  var byteLevelPattern: SplitPattern? {
    switch self {
    case .byteLevel(let split): split.addsPrefixSpace || !split.splits ? nil : .gpt2
    case .sequence(let steps):
      if steps.count == 2, case .split(let split) = steps[0], case .byteLevel(let last) = steps[1],
        !last.addsPrefixSpace, !last.splits, split.keepsMatches
      {
        split.pattern.published
      } else {
        nil
      }
    default: nil
    }
  }
}

extension PatternSplit {
  /// Whether the matches are the pieces where nothing is between them.
  fileprivate var keepsMatches: Bool {
    behavior == .isolated && !isInverted || behavior == .removed && isInverted
  }
}

extension SplitPattern {
  /// The pattern as a `pre_tokenizer`.
  var json: JSONValue {
    if self == .gpt2 { return .byteLevel(ByteLevelSplit()) }
    let split = JSONValue.part(
      "Split",
      [
        ("pattern", .members([("Regex", .string(regularExpression))])),
        ("behavior", .string(SplitBehavior.isolated.rawValue)), ("invert", .bool(false)),
      ])
    let steps = [split, .byteLevel(ByteLevelSplit(splits: false))]
    return .part("Sequence", [("pretokenizers", .array(steps))])
  }
}

extension TextPattern {
  /// The pattern as `tokenizers` writes it.
  var json: JSONValue {
    let source = JSONValue.string(String(decoding: source, as: UTF8.self))
    return .members([(syntax == .string ? "String" : "Regex", source)])
  }
}

extension JSONValue {
  /// A pre-tokenizer, post-processor or decoder `ByteLevel`.
  static func byteLevel(_ split: ByteLevelSplit) -> JSONValue {
    .part(
      "ByteLevel",
      [
        ("add_prefix_space", .bool(split.addsPrefixSpace)),
        ("trim_offsets", .bool(split.trimsOffsets)), ("use_regex", .bool(split.splits)),
      ])
  }

  /// A pre-tokenizer or decoder `Metaspace`.
  static func metaspace(_ metaspace: Metaspace) -> JSONValue {
    .part(
      "Metaspace",
      [
        ("replacement", .string(String(metaspace.replacement))),
        ("prepend_scheme", .string(metaspace.prefix.rawValue)), ("split", .bool(metaspace.splits)),
      ])
  }
}

extension TokenizerJSON {
  /// The member `pre_tokenizer`; `nil` where text stays whole.
  func preTokenizer(_ value: JSONValue?) throws(TokenizerError) -> PreTokenizer? {
    guard let value, !value.isNull else { return nil }
    let part = try object(value, "\"pre_tokenizer\"")
    let type = try type(of: value, "a pre-tokenizer")
    switch type {
    case "ByteLevel": return .byteLevel(try byteLevel(part))
    case "BertPreTokenizer": return .bert
    case "Whitespace": return .whitespace
    case "WhitespaceSplit": return .whitespaceSplit
    case "Punctuation": return .punctuation(try choice(part["behavior"]) ?? .isolated)
    case "Digits": return .digits(individual: try flag(part["individual_digits"]) ?? false)
    case "CharDelimiterSplit": return .delimiter(try scalar(part["delimiter"], "\"delimiter\""))
    case "Metaspace": return .metaspace(try metaspace(part))
    case "UnicodeScripts": return .unicodeScripts
    case "FixedLength":
      let length = try integer(part["length"]) ?? 5
      guard let length = Int(exactly: length), length > 0 else {
        throw corrupt("a pre-tokenizer asks for pieces of \(length.counting("character"))")
      }
      return .fixedLength(length)
    case "Split":
      return .split(
        PatternSplit(
          try pattern(part["pattern"]), behavior: try choice(part["behavior"]) ?? .isolated,
          isInverted: try flag(part["invert"]) ?? false))
    case "Sequence":
      var steps: [PreTokenizer] = []
      for value in try array(part["pretokenizers"], "\"pretokenizers\"") {
        guard let step = try preTokenizer(value) else {
          throw corrupt("a pre-tokenizer of the sequence is null")
        }
        steps.append(step)
      }
      return .sequence(steps)
    default: throw unsupported("the pre_tokenizer \"\(type)\"")
    }
  }

  /// A pre-tokenizer or decoder `ByteLevel`.
  func byteLevel(_ part: JSONObject) throws(TokenizerError) -> ByteLevelSplit {
    ByteLevelSplit(
      addsPrefixSpace: try flag(part["add_prefix_space"]) ?? true,
      trimsOffsets: try flag(part["trim_offsets"]) ?? true,
      splits: try flag(part["use_regex"]) ?? true)
  }

  /// A pre-tokenizer or decoder `Metaspace`, also as older files have it.
  func metaspace(_ part: JSONObject) throws(TokenizerError) -> Metaspace {
    let addsPrefix = try flag(part["add_prefix_space"]) ?? true
    let scheme: Metaspace.Prefix? = try choice(part["prepend_scheme"])
    if !addsPrefix, let scheme, scheme != .never {
      throw corrupt("add_prefix_space and prepend_scheme of a Metaspace contradict each other")
    }
    return Metaspace(
      replacement: try scalar(part["replacement"], "\"replacement\""),
      prefix: scheme ?? (addsPrefix ? .always : .never), splits: try flag(part["split"]) ?? true)
  }

  /// A pattern written as `{"String": …}` or `{"Regex": …}`.
  func pattern(_ value: JSONValue?) throws(TokenizerError) -> TextPattern {
    let part = try object(value, "\"pattern\"")
    if let text = try string(part["String"]) { return TextPattern(string: text) }
    guard let source = try string(part["Regex"]) else {
      throw corrupt("a pattern is neither a string nor a regular expression")
    }
    do {
      return try TextPattern(regularExpression: source)
    } catch {
      switch error {
      case .malformed(let offset):
        throw corrupt("\(source) is no regular expression from character \(offset + 1) on")
      case .unsupported(let construct):
        throw unsupported("\(construct) in the regular expression \(source)")
      }
    }
  }

  /// The one that `value` names of the cases of a type; `nil` where it names none.
  func choice<Choice: RawRepresentable<String>>(
    _ value: JSONValue?
  ) throws(TokenizerError) -> Choice? {
    guard let name = try string(value) else { return nil }
    guard let choice = Choice(rawValue: name) else {
      throw corrupt("\"\(name)\" is none of the values that it can have")
    }
    return choice
  }

  /// The only character of `value`.
  func scalar(_ value: JSONValue?, _ name: String) throws(TokenizerError) -> Unicode.Scalar {
    let scalars = try string(value)?.unicodeScalars
    guard let scalars, scalars.count == 1, let scalar = scalars.first else {
      throw corrupt("\(name) is not one character")
    }
    return scalar
  }
}
