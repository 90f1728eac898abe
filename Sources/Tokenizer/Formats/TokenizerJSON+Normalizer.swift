import Storage

/// The member of a normalizer that names the Unicode version of its characters.
///
/// `tokenizers` takes members that it does not know only inside the parts of a file.
private let unicodeKey = "unicode_version"
/// The member of a normalizer that names the ICU with which the file was made.
private let icuKey = "icu_version"

extension Normalizer {
  /// The normaliser as `tokenizers` writes it, and the versions that it is for unless it is as
  /// there, in whose files no versions are.
  var json: JSONValue {
    var versions: [(key: String, value: JSONValue)] = []
    if icu != nil || unicode != .tokenizers {
      versions = [(unicodeKey, .string(unicode.description))]
      if let icu { versions.append((icuKey, .string(icu))) }
    }
    guard let first = steps.first else { return .null }
    if steps.count == 1 { return .part(first.name, first.members + versions) }
    let parts = steps.map { JSONValue.part($0.name, $0.members) }
    return .part("Sequence", [("normalizers", .array(parts))] + versions)
  }
}

extension Normalizer.Step {
  /// What a file says about the step beside its name.
  fileprivate var members: [(key: String, value: JSONValue)] {
    switch self {
    case .bert(let normalizer):
      [
        ("clean_text", .bool(normalizer.cleansText)),
        ("handle_chinese_chars", .bool(normalizer.separatesChinese)),
        ("strip_accents", normalizer.stripsAccents.map(JSONValue.bool) ?? .null),
        ("lowercase", .bool(normalizer.lowercases)),
      ]
    case .strip(let left, let right):
      [("strip_left", .bool(left)), ("strip_right", .bool(right))]
    case .prepend(let prefix): [("prepend", .string(String(decoding: prefix, as: UTF8.self)))]
    case .replace(let replacement): replacement.members
    default: []
    }
  }
}

extension TokenizerJSON {
  /// The `normalizer` of a file.
  func normalizer(_ value: JSONValue?) throws(TokenizerError) -> Normalizer {
    guard let value, !value.isNull else { return Normalizer(steps: []) }
    let description = try object(value, "\"normalizer\"")
    let steps = try steps(value)
    if let unicode { return Normalizer(steps: steps, unicode: unicode) }
    return Normalizer(
      steps: steps, unicode: try unicodeVersion(description[unicodeKey]),
      icu: try string(description[icuKey]))
  }

  /// The Unicode version of a normalizer; files of `tokenizers` name none.
  private func unicodeVersion(_ value: JSONValue?) throws(TokenizerError) -> UnicodeVersion {
    guard let text = try string(value) else { return .tokenizers }
    guard let version = UnicodeVersion(text) else {
      throw corrupt("\"\(text)\" is no version of Unicode")
    }
    return version
  }

  /// The steps of a normalizer, in any nesting.
  private func steps(_ value: JSONValue) throws(TokenizerError) -> [Normalizer.Step] {
    let part = try object(value, "a normalizer")
    guard part["type"]?.string == "Sequence" else { return [try step(value, part)] }
    var steps: [Normalizer.Step] = []
    for value in try array(part["normalizers"], "\"normalizers\"") {
      steps += try self.steps(value)
    }
    return steps
  }

  private func step(
    _ value: JSONValue, _ part: JSONObject
  ) throws(TokenizerError) -> Normalizer.Step {
    let type = try type(of: value, "a normalizer")
    switch type {
    case BertNormalizer.name:
      return .bert(
        BertNormalizer(
          cleansText: try flag(part["clean_text"]) ?? true,
          separatesChinese: try flag(part["handle_chinese_chars"]) ?? true,
          stripsAccents: try flag(part["strip_accents"]),
          lowercases: try flag(part["lowercase"]) ?? true))
    case "Strip":
      return .strip(
        left: try flag(part["strip_left"]) ?? true, right: try flag(part["strip_right"]) ?? true)
    case "Prepend": return .prepend(Array((try string(part["prepend"]) ?? "").utf8))
    case "Replace": return .replace(try replacement(part))
    default:
      guard let step = Normalizer.Step(name: type) else {
        throw unsupported("the normalizer \"\(type)\"")
      }
      return step
    }
  }
}
