/// Reads vocabularies in the form of openai/tiktoken: on each line the bytes of a token in base64,
/// a space and its rank, which is its id.
struct RankFile {
  let path: String

  /// The tokenizer of the ranks in `bytes` with `pattern`, or where that is `nil` with the one
  /// of the published vocabulary nearest in size.
  ///
  /// The special tokens, which such files do not hold, are those of the published vocabularies,
  /// and after any other <|endoftext|> alone.
  func tokenizer(
    _ bytes: [UInt8], pattern: SplitPattern?
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
    let ranked = RankedMerges(vocabulary, byteIDs: byteIDs)
    let pattern = pattern ?? SplitPattern(vocabularySize: vocabulary.size)
    let specialTokens = pattern.specialTokens(after: vocabulary.size)
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
    return try ByteLevelBPETokenizer(
      TokenizerPipeline(vocabulary, addedTokens: specialTokens.map(AddedToken.init)),
      merges: ranked.merges, pattern: pattern, rules: rules, path: path)
  }

  /// The rank file of `tokenizer`, without its added tokens.
  ///
  /// - Throws: `TokenizerError.inexpressible` where ranks alone do not give the same merges.
  static func serialize(_ tokenizer: ByteLevelBPETokenizer) throws(TokenizerError) -> [UInt8] {
    let added = Set(tokenizer.addedTokens.map(\.id))
    var vocabulary = Vocabulary()
    var text: [UInt8] = []
    for id in 0..<TokenID(tokenizer.vocabularySize) where !added.contains(id) {
      guard let bytes = tokenizer.bytes(of: id) else { continue }
      do {
        try vocabulary.insert(bytes, id: Int64(id))
      } catch {
        throw inexpressible("two tokens stand for the same bytes")
      }
      text += Base64.encode(bytes)
      text += " \(id)\n".utf8
    }
    guard let byteIDs = vocabulary.byteIDs else {
      throw inexpressible("an added token is a byte")
    }
    let ranked = RankedMerges(vocabulary, byteIDs: byteIDs)
    guard ranked.merges == tokenizer.merges, ranked.isIncomplete == tokenizer.ignoresMerges else {
      throw inexpressible("its merges are not in the order of its ids")
    }
    return text
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

extension SplitPattern {
  /// The pattern of the published vocabulary nearest to `size` tokens: r50k's 50,256, cl100k's
  /// 100,256 or o200k's 199,998.
  init(vocabularySize size: Int) {
    self = size <= 75_000 ? .gpt2 : size <= 150_000 ? .cl100k : .o200k
  }

  /// The special tokens of the published vocabulary that has `size` ids before them.
  func specialTokens(after size: Int) -> [SpecialToken] {
    let published: [(Int, String)] =
      switch (self, size) {
      // p50k's ranks go on behind the id that its special token has.
      case (.gpt2, 50_281): [(50_256, SpecialToken.endOfText)]
      case (.cl100k, 100_256):
        [
          (100_257, SpecialToken.endOfText), (100_258, "<|fim_prefix|>"),
          (100_259, "<|fim_middle|>"), (100_260, "<|fim_suffix|>"), (100_276, "<|endofprompt|>"),
        ]
      case (.o200k, 199_998): [(199_999, SpecialToken.endOfText), (200_018, "<|endofprompt|>")]
      default: [(size, SpecialToken.endOfText)]
      }
    return published.map { SpecialToken(id: TokenID($0.0), content: $0.1) }
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
