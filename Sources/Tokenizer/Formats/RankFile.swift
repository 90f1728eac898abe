import Storage

/// Reads vocabularies in the form of openai/tiktoken: on each line the bytes of a token in base64,
/// a space and its rank, which is its id.
struct RankFile {
  let path: String

  /// The tokenizer of the ranks in `bytes` with `pattern`, or where that is `nil` with the one
  /// of the published vocabulary that has these ranks.
  ///
  /// The special tokens, which such files do not hold, are those of the published vocabularies,
  /// and behind other ranks <|endoftext|> alone.
  ///
  /// - Throws: `TokenizerError.corrupt`; `.unknownSplit` if neither says how text is split.
  func tokenizer(
    _ bytes: [UInt8], pattern given: SplitPattern?
  ) throws(TokenizerError) -> ByteLevelBPETokenizer {
    var vocabulary = Vocabulary()
    var line = 0
    for entry in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      line += 1
      let entry = entry.last == 0x0D ? entry.dropLast() : entry
      if !entry.isEmpty { try insert(entry, line, into: &vocabulary) }
    }
    guard let byteIDs = vocabulary.byteIDs else {
      throw .corrupt(path: path, reason: "not every byte has a token")
    }
    let published =
      PublishedRanks(Fingerprint(of: bytes)) ?? PublishedRanks(Fingerprint(of: vocabulary.ranks))
    guard let pattern = given ?? published?.pattern else { throw .unknownSplit(path: path) }
    let ranked = RankedMerges(vocabulary, byteIDs: byteIDs)
    let specialTokens =
      published?.specialTokens
      ?? [SpecialToken(id: TokenID(vocabulary.size), content: SpecialToken.endOfText)]
    do {
      for token in specialTokens {
        try vocabulary.insert(
          Array(token.content.utf8), id: Int64(token.id),
          isFindable: vocabulary.id(of: Array(token.content.utf8)) == nil)
      }
    } catch {
      throw .corrupt(path: path, reason: "its tokens contradict each other")
    }
    var rules = BytePairRules()
    rules.ignoresMerges = ranked.isIncomplete
    let source: SplitSource =
      if given == nil, let published { .fingerprint(published) } else { .given(published) }
    return try ByteLevelBPETokenizer(
      TokenizerPipeline(vocabulary, addedTokens: specialTokens.map(AddedToken.init)),
      merges: ranked.merges, pattern: pattern, splitSource: source, rules: rules, path: path)
  }

  /// The rank file of `tokenizer`, without its added tokens.
  ///
  /// - Throws: `TokenizerError.inexpressible` where ranks alone do not give the same merges.
  static func serialize(_ tokenizer: ByteLevelBPETokenizer) throws(TokenizerError) -> [UInt8] {
    let added = Set(tokenizer.addedTokens.map(\.id))
    var vocabulary = Vocabulary()
    for id in 0..<TokenID(tokenizer.vocabularySize) where !added.contains(id) {
      guard let bytes = tokenizer.bytes(of: id) else { continue }
      do {
        try vocabulary.insert(bytes, id: Int64(id))
      } catch {
        throw inexpressible("two tokens stand for the same bytes")
      }
    }
    guard let byteIDs = vocabulary.byteIDs else {
      throw inexpressible("an added token is a byte")
    }
    let ranked = RankedMerges(vocabulary, byteIDs: byteIDs)
    guard ranked.merges == tokenizer.merges, ranked.isIncomplete == tokenizer.ignoresMerges else {
      throw inexpressible("its merges are not in the order of its ids")
    }
    return vocabulary.ranks
  }

  private static func inexpressible(_ reason: String) -> TokenizerError {
    .inexpressible(format: "a rank file", reason: reason)
  }

  private func insert(
    _ entry: ArraySlice<UInt8>, _ line: Int, into vocabulary: inout Vocabulary
  ) throws(TokenizerError) {
    let parts = entry.split(separator: 0x20, omittingEmptySubsequences: false)
    guard parts.count == 2, let token = Base64.decode(parts[0]),
      let rank = Int64(String(decoding: parts[1], as: UTF8.self))
    else {
      throw .corrupt(path: path, reason: "line \(line) is not a token in base64 and a rank")
    }
    do {
      try vocabulary.insert(token, id: rank)
    } catch {
      let flaw =
        switch error {
        case .idOutOfRange: "the rank \(rank) is not between 0 and \(Vocabulary.largestSize - 1)"
        case .idTaken, .bytesTaken: "the token or the rank \(rank) cannot be used twice"
        case .empty: "the token is empty"
        }
      throw .corrupt(path: path, reason: "line \(line): \(flaw)")
    }
  }
}

extension Vocabulary {
  /// The rank file of all tokens, in the order of their ids, as tiktoken writes it.
  fileprivate var ranks: [UInt8] {
    var text: [UInt8] = []
    for id in 0..<TokenID(size) {
      guard let bytes = bytes(of: id) else { continue }
      text += Base64.encode(bytes)
      text += " \(id)\n".utf8
    }
    return text
  }
}

/// Base64 by RFC 4648, section 4.
enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  /// What each byte stands for.
  private static let values: [UInt32?] = {
    var values = [UInt32?](repeating: nil, count: 256)
    for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt32(value) }
    return values
  }()

  /// The bytes that `text` stands for; `nil` where it is not base64 with its padding.
  static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count % 4 == 0, !text.isEmpty else { return nil }
    let padding = text.suffix(2).filter { $0 == UInt8(ascii: "=") }.count
    let values = Self.values
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var (bits, count): (UInt32, Int) = (0, 0)
    for character in text.dropLast(padding) {
      guard let value = values[Int(character)] else { return nil }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return bytes
  }

  /// `bytes` in base64 with its padding.
  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    let alphabet = Self.alphabet
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits: UInt32 = 0
      for index in 0..<3 {
        bits = bits << 8 | (index < group.count ? UInt32(group[start + index]) : 0)
      }
      for index in 0..<4 {
        let value = Int(bits >> UInt32(18 - 6 * index) & 63)
        text.append(index <= group.count ? alphabet[value] : UInt8(ascii: "="))
      }
    }
    return text
  }
}
