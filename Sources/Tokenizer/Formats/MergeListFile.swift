import Storage

/// Reads vocabularies in the two-file form of openai/gpt-2 (`encoder.json` and `vocab.bpe`), which
/// others call `vocab.json` and `merges.txt`.
struct MergeListFile {
  let vocabularyPath: String
  let mergesPath: String

  /// The pattern of the files where none is given.
  static let pattern = SplitPattern.gpt2

  /// The tokenizer of the two files, with `pattern`, or else GPT-2's, and the `addedTokens` of the
  /// files beside them.
  ///
  /// The files do not mark special tokens: what is no byte and made by no merge is one.
  func tokenizer(
    vocabulary bytes: [UInt8], merges list: [UInt8], pattern: SplitPattern? = nil,
    addedTokens: [AddedToken] = []
  ) throws(TokenizerError) -> ByteLevelBPETokenizer {
    let pairs = try pairs(list)
    let reader = TokenizerJSON(path: vocabularyPath)
    guard let entries = try reader.document(bytes).object else {
      throw reader.corrupt("it is no object of tokens and ids")
    }
    var made: Set<[UInt8]> = []
    for (left, right) in pairs { made.insert(Array((left + right).utf8)) }
    var specialTokens: [JSONValue] = []
    for (text, value) in zip(entries.keys, entries.values)
    where text.unicodeScalars.count > 1 && !made.contains(Array(text.utf8)) {
      specialTokens.append(
        .object(JSONObject([("id", value), ("content", .string(text))])))
    }
    let known = Set(addedTokens.map { Array($0.content.utf8) })
    let special =
      try reader.addedTokens(.array(specialTokens)).filter {
        !known.contains(Array($0.content.utf8))
      }
      + addedTokens
    let tokens = try reader.entries(.object(entries), special)
    guard let (vocabulary, outside) = try reader.byteVocabulary(tokens, special) else {
      throw reader.corrupt("a token has a character that stands for no byte")
    }
    var merges = MergeReader(vocabulary)
    for (rank, (left, right)) in pairs.enumerated() where !merges.append(left[...], right[...]) {
      throw .corrupt(
        path: mergesPath,
        reason: "merge \(rank), of \"\(left)\" and \"\(right)\", names an unknown token")
    }
    return try ByteLevelBPETokenizer(
      TokenizerPipeline(vocabulary, addedTokens: special, idsOutsideVocabulary: outside),
      merges: merges.merges, pattern: pattern ?? Self.pattern,
      splitSource: pattern == nil ? .form : .given(nil), path: mergesPath)
  }

  private func pairs(_ list: [UInt8]) throws(TokenizerError) -> [(String, String)] {
    var pairs: [(String, String)] = []
    for (index, line) in try UTF8Scan.lines(list, path: mergesPath).enumerated() {
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
    JSONValue.object(tokenizer.vocabularyJSON(tokenizer.spellings)).serialized()
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
