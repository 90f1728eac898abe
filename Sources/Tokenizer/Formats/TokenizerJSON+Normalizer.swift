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
    guard case .bert(let normalizer) = self else { return [] }
    return [
      ("clean_text", .bool(normalizer.cleansText)),
      ("handle_chinese_chars", .bool(normalizer.separatesChinese)),
      ("strip_accents", normalizer.stripsAccents.map(JSONValue.bool) ?? .null),
      ("lowercase", .bool(normalizer.lowercases)),
    ]
  }
}

extension TokenizerJSON {
  /// The `normalizer` of a file.
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

  private func step(_ value: JSONValue) throws(TokenizerError) -> Normalizer.Step {
    let type = try type(of: value, "a normalizer")
    if type == BertNormalizer.name {
      let description = try object(value, "the normalizer")
      return .bert(
        BertNormalizer(
          cleansText: try flag(description["clean_text"]) ?? true,
          separatesChinese: try flag(description["handle_chinese_chars"]) ?? true,
          stripsAccents: try flag(description["strip_accents"]),
          lowercases: try flag(description["lowercase"]) ?? true))
    }
    guard let step = Normalizer.Step(name: type) else {
      throw unsupported("the normalizer \"\(type)\"")
    }
    return step
  }
}
