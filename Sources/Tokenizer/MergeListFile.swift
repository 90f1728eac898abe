import Storage

/// Reads vocabularies in the two-file form of openai/gpt-2 (`encoder.json` and `vocab.bpe`), which
/// others call `vocab.json` and `merges.txt`.
struct MergeListFile {
  let vocabularyPath: String
  let mergesPath: String

  /// The tokenizer of the two files, with `pattern`.
  ///
  /// The files do not mark special tokens: what is no byte and made by no merge is one.
  func tokenizer(
    vocabulary bytes: [UInt8], merges list: [UInt8], pattern: SplitPattern
  ) throws(TokenizerError) -> ByteLevelBPETokenizer {
    let pairs = try pairs(list)
    let entries = try entries(bytes)
    var made: Set<[UInt8]> = []
    for (left, right) in pairs { made.insert(Array((left + right).utf8)) }
    var specialTokens: [JSONValue] = []
    for (text, value) in zip(entries.keys, entries.values)
    where text.unicodeScalars.count > 1 && !made.contains(Array(text.utf8)) {
      specialTokens.append(
        .object(JSONObject([("id", value), ("content", .string(text))])))
    }
    let reader = TokenizerFileReader(path: vocabularyPath)
    let special = try reader.addedTokens(.array(specialTokens))
    let (vocabulary, _) = try reader.vocabulary(.object(entries), special)
    var merges = MergeReader(vocabulary)
    for (rank, (left, right)) in pairs.enumerated() where !merges.append(left[...], right[...]) {
      throw .corrupt(
        path: mergesPath,
        reason: "merge \(rank), of \"\(left)\" and \"\(right)\", names an unknown token")
    }
    do {
      return try ByteLevelBPETokenizer(
        vocabulary: vocabulary, merges: merges.merges, addedTokens: special,
        normalizer: Normalizer(steps: []), pattern: pattern)
    } catch {
      throw .corrupt(path: mergesPath, reason: error.reason)
    }
  }

  private func entries(_ bytes: [UInt8]) throws(TokenizerError) -> JSONObject {
    do {
      if let entries = try JSONValue.parse(bytes).object { return entries }
    } catch {
      throw .corrupt(path: vocabularyPath, reason: error.description)
    }
    throw .corrupt(path: vocabularyPath, reason: "it is no object of tokens and ids")
  }

  private func pairs(_ list: [UInt8]) throws(TokenizerError) -> [(String, String)] {
    do {
      try UTF8Scan.validate(list.span)
    } catch {
      throw .corrupt(path: mergesPath, reason: "it is not UTF-8")
    }
    var pairs: [(String, String)] = []
    let lines = list.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let line = line.last == 0x0D ? line.dropLast() : line
      if line.isEmpty || index == 0 && line.starts(with: "#version".utf8) { continue }
      let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw .corrupt(path: mergesPath, reason: "line \(index + 1) is not two tokens")
      }
      guard pairs.count < Vocabulary.largestSize else {
        throw .corrupt(
          path: mergesPath, reason: "it has more than \(Vocabulary.largestSize) merges")
      }
      pairs.append(
        (String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self)))
    }
    return pairs
  }

  /// The `vocab.json` of `tokenizer`.
  static func vocabulary(of tokenizer: ByteLevelBPETokenizer) -> [UInt8] {
    JSONValue.object(TokenizerFile.vocabulary(of: tokenizer)).serialized()
  }

  /// The `merges.txt` of `tokenizer`.
  static func merges(of tokenizer: ByteLevelBPETokenizer) -> [UInt8] {
    var text = Array("#version: 0.2\n".utf8)
    for merge in tokenizer.merges {
      for (id, end) in [(merge.left, " "), (merge.right, "\n")] {
        text += (tokenizer.spelling(of: id) ?? "").utf8
        text += end.utf8
      }
    }
    return text
  }
}
