import Storage

extension PipelineTokenizer {
  /// How files write each token, by id; `nil` where no token has an id.
  var spellings: [String?] { (0..<TokenID(vocabularySize)).map(spelling) }

  /// The tokens by their spelling, in the order of their ids, as files have them.
  func vocabularyJSON(_ spellings: [String?]) -> JSONObject {
    JSONObject(
      distinct: spellings.enumerated().compactMap { id, spelling in
        let isOutside = pipeline.idsOutsideVocabulary.contains(TokenID(id))
        return isOutside ? nil : spelling.map { ($0, .integer(Int64(id))) }
      })
  }
}

extension ByteLevelBPETokenizer {
  /// The tokenizer as the bytes of a `tokenizer.json`; equal tokenizers give equal bytes.
  public func serialized() -> [UInt8] {
    TokenizerJSON.serialize(
      pipeline, preTokenizer: pattern.json,
      // A decoder does not look at the flag; the library writes its default.
      decoder: .byteLevel(ByteLevelSplit(addsPrefixSpace: true)),
      model: bytePairJSON(merges, rules))
  }
}

extension PipelineTokenizer {
  /// A model of byte pair encoding as `tokenizers` writes it.
  func bytePairJSON(
    _ merges: [Merge], _ rules: BytePairRules
  ) -> [(key: String, value: JSONValue)] {
    func text(_ bytes: [UInt8]?) -> JSONValue {
      bytes.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null
    }
    let spellings = spellings
    let merges = merges.map { merge in
      JSONValue.array([merge.left, merge.right].map { .string(spellings[Int($0)] ?? "") })
    }
    return [
      ("type", .string("BPE")), ("dropout", .null), ("unk_token", text(rules.unknownToken)),
      ("continuing_subword_prefix", text(rules.continuationPrefix.nonEmpty)),
      ("end_of_word_suffix", text(rules.wordSuffix.nonEmpty)),
      ("fuse_unk", .bool(rules.fusesUnknown)), ("byte_fallback", .bool(rules.fallsBackToBytes)),
      ("ignore_merges", .bool(rules.ignoresMerges)),
      ("vocab", .object(vocabularyJSON(spellings))), ("merges", .array(merges)),
    ]
  }
}

extension Array {
  /// The array unless it is empty.
  fileprivate var nonEmpty: Self? { isEmpty ? nil : self }
}

extension TokenizerJSON {
  /// The tokenizer of a file whose model is byte pair encoding.
  func bytePairTokenizer(
    _ parts: Parts, _ model: JSONObject
  ) throws(TokenizerError) -> any TextTokenizer {
    let rules = try bytePairRules(model)
    let entries = try entries(model["vocab"], parts.addedTokens)
    let pairs = try mergePairs(model["merges"])
    if let tokenizer = try byteLevelTokenizer(parts, entries, pairs, rules) { return tokenizer }
    let (vocabulary, outside) = try spelledVocabulary(entries, parts.addedTokens)
    if let unknown = rules.unknownToken, vocabulary.id(of: unknown) == nil {
      let name = String(decoding: unknown, as: UTF8.self)
      throw corrupt("the vocabulary has no token \"\(name)\"")
    }
    let merges = try spelledMerges(pairs, vocabulary, prefixLength: rules.continuationPrefix.count)
    var table = MergeTable(capacity: merges.count)
    for (rank, merge) in merges.enumerated() { _ = table.insert(merge, rank: rank) }
    return ComposedTokenizer(
      try parts.pipeline(vocabulary, outside: outside), .bytePair(merges, table, rules),
      preTokenizer: parts.preTokenizer, decoder: parts.decoder)
  }

  private func bytePairRules(_ model: JSONObject) throws(TokenizerError) -> BytePairRules {
    if let dropout = model["dropout"], !dropout.isNull, dropout.double != 0 {
      throw unsupported("dropout")
    }
    var rules = BytePairRules()
    rules.unknownToken = try string(model["unk_token"]).map { Array($0.utf8) }
    rules.fusesUnknown = try flag(model["fuse_unk"]) ?? false
    rules.fallsBackToBytes = try flag(model["byte_fallback"]) ?? false
    // GPT-2's own file has "" here.
    rules.continuationPrefix = Array((try string(model["continuing_subword_prefix"]) ?? "").utf8)
    rules.wordSuffix = Array((try string(model["end_of_word_suffix"]) ?? "").utf8)
    rules.ignoresMerges = try flag(model["ignore_merges"]) ?? false
    return rules
  }

  // MARK: Byte-level vocabularies

  /// The quick tokenizer for a file that splits by a published pattern alone and has tokens of
  /// bytes, all of them; `nil` for any other.
  private func byteLevelTokenizer(
    _ parts: Parts, _ entries: [Entry], _ pairs: [MergePair], _ rules: BytePairRules
  ) throws(TokenizerError) -> ByteLevelBPETokenizer? {
    guard let pattern = parts.preTokenizer?.byteLevelPattern, case .byteLevel = parts.decoder,
      rules.continuationPrefix.isEmpty, rules.wordSuffix.isEmpty,
      let (vocabulary, outside) = try byteVocabulary(entries, parts.addedTokens),
      vocabulary.byteIDs != nil
    else { return nil }
    var reader = MergeReader(vocabulary)
    for pair in pairs where !reader.append(pair.left, pair.right) { return nil }
    guard Set(reader.merges).count == pairs.count else { return nil }
    return try ByteLevelBPETokenizer(
      try parts.pipeline(vocabulary, outside: outside), merges: reader.merges, pattern: pattern,
      rules: rules, path: path)
  }

  /// The tokens of `entries` and the added tokens, by the bytes that they spell, and which of the
  /// added ones the vocabulary lacks; `nil` where a token spells no bytes.
  func byteVocabulary(
    _ entries: [Entry], _ addedTokens: [AddedToken]
  ) throws(TokenizerError) -> (Vocabulary, outside: Set<TokenID>)? {
    let added = Set(addedTokens.map { Array($0.content.utf8) })
    var known: Set<[UInt8]> = []
    var vocabulary = Vocabulary(
      capacity: min(entries.count + addedTokens.count, Vocabulary.largestSize))
    for entry in entries {
      let content = Array(entry.text.utf8)
      let isAdded = added.contains(content)
      if isAdded { known.insert(content) }
      let bytes = ByteAlphabet.bytes(of: entry.text)
      guard bytes != nil && !content.isEmpty || isAdded else { return nil }
      try insert(
        bytes ?? content, entry.text, entry.id, isFindable: bytes != nil, into: &vocabulary)
    }
    var outside: Set<TokenID> = []
    for token in addedTokens where !known.contains(Array(token.content.utf8)) {
      try insert(
        ByteAlphabet.bytes(of: token.content) ?? Array(token.content.utf8), token.content,
        Int64(token.id), isFindable: false, into: &vocabulary)
      outside.insert(token.id)
    }
    return (vocabulary, outside)
  }

  // MARK: Spelled vocabularies

  /// The tokens of `entries` and the added tokens as they are written, and which of the added ones
  /// the vocabulary lacks.
  func spelledVocabulary(
    _ entries: [Entry], _ addedTokens: [AddedToken]
  ) throws(TokenizerError) -> (Vocabulary, outside: Set<TokenID>) {
    var vocabulary = Vocabulary(
      capacity: min(entries.count + addedTokens.count, Vocabulary.largestSize))
    for entry in entries {
      // An empty token has an id and is never found.
      try insert(
        Array(entry.text.utf8), entry.text, entry.id, isFindable: !entry.text.isEmpty,
        into: &vocabulary)
    }
    var outside: Set<TokenID> = []
    for token in addedTokens {
      let content = Array(token.content.utf8)
      if vocabulary.id(of: content) != nil { continue }
      try insert(
        content, token.content, Int64(token.id), isFindable: false, into: &vocabulary)
      outside.insert(token.id)
    }
    return (vocabulary, outside)
  }

  /// The merges `pairs`; of those of the same two tokens, the last one counts.
  private func spelledMerges(
    _ pairs: [MergePair], _ vocabulary: Vocabulary, prefixLength: Int
  ) throws(TokenizerError) -> [Merge] {
    var merges: [Merge] = []
    var seen: Set<Merge> = []
    for (rank, pair) in pairs.enumerated().reversed() {
      let (left, right) = (Array(pair.left.utf8), Array(pair.right.utf8))
      guard right.count >= prefixLength, let leftID = vocabulary.id(of: left),
        let rightID = vocabulary.id(of: right),
        let result = vocabulary.id(of: left + right.dropFirst(prefixLength))
      else { throw unknownToken(inMerge: rank, pair) }
      let merge = Merge(left: leftID, right: rightID, result: result)
      if seen.insert(merge).inserted { merges.append(merge) }
    }
    return merges.reversed()
  }

  private func unknownToken(inMerge rank: Int, _ pair: MergePair) -> TokenizerError {
    corrupt("merge \(rank), of \"\(pair.left)\" and \"\(pair.right)\", names an unknown token")
  }

  /// Two tokens that become one.
  private typealias MergePair = (left: Substring, right: Substring)

  private func mergePairs(_ value: JSONValue?) throws(TokenizerError) -> [MergePair] {
    let values = try array(value, "\"merges\"")
    guard values.count <= Vocabulary.largestSize else {
      throw corrupt("there are \(values.count) merges, more than \(Vocabulary.largestSize)")
    }
    var pairs: [MergePair] = []
    pairs.reserveCapacity(values.count)
    for (rank, value) in values.enumerated() {
      guard let pair = Self.pair(of: value) else {
        throw corrupt("merge \(rank) is not two tokens")
      }
      pairs.append(pair)
    }
    return pairs
  }

  /// The two tokens of a merge, written as `["a", "b"]` or as `"a b"`.
  private static func pair(of value: JSONValue) -> MergePair? {
    if let pair = value.array {
      guard pair.count == 2, let left = pair[0].string, let right = pair[1].string else {
        return nil
      }
      return (left[...], right[...])
    }
    guard let text = value.string, let space = text.utf8.firstIndex(of: 0x20) else { return nil }
    let right = text[text.utf8.index(after: space)...]
    return right.utf8.contains(0x20) ? nil : (text[..<space], right)
  }
}
