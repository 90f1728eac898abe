public import CRATELM
public import Tokenizer

extension MaskingVocabulary {
  /// The spellings of a mask in text.
  package static let maskSpellings = ["[MASK]", "<mask>"]

  /// The facts about `tokenizer` that the masked objective needs.
  ///
  /// The special tokens are BERT's or RoBERTa's. If a byte-level vocabulary has a mask only,
  /// `<|endoftext|>` begins and ends its sequences.
  ///
  /// - Throws: `ConfigurationError` if a special token is missing.
  public init(_ tokenizer: any TextTokenizer) throws(ConfigurationError) {
    func id(_ contents: [String], _ purpose: String) throws(ConfigurationError) -> TokenID {
      guard let id = contents.lazy.compactMap(tokenizer.specialToken).first else {
        throw ConfigurationError(
          """
          The tokenizer has no special token \(contents.joined(separator: " or ")), which \
          \(purpose) for the masked objective; train one with 'tokenizer train --type wordpiece' \
          or with --special '<s>' '<pad>' '</s>' '<mask>'.
          """)
      }
      return id
    }
    let mask = try id(Self.maskSpellings, "hides tokens")
    let endOfText = SpecialToken.endOfText
    let end = try id(["[SEP]", "</s>", endOfText], "ends sequences")
    try self.init(
      vocabularySize: tokenizer.vocabularySize,
      roles: Roles(
        mask: mask, beginning: id(["[CLS]", "<s>", endOfText], "begins sequences"), end: end,
        padding: ["[PAD]", "<pad>"].lazy.compactMap(tokenizer.specialToken).first ?? end),
      special: tokenizer.specialTokens.map(\.id), unused: tokenizer.unusedIDs,
      continuing: tokenizer.continuingIDs)
  }
}

extension TextTokenizer {
  /// The ids of tokens that continue a word: in WordPiece those with the continuation prefix, in a
  /// byte-level vocabulary those that do not begin with white space.
  fileprivate var continuingIDs: [TokenID] {
    let ids = 0..<TokenID(vocabularySize)
    if let rules = wordPieceRules {
      let prefix = Array(rules.continuationPrefix.utf8)
      return ids.filter { bytes(of: $0)?.starts(with: prefix) ?? false }
    }
    let whiteSpace: Set = [UInt8(ascii: " "), 0x09, 0x0A, 0x0D]
    return ids.filter { bytes(of: $0)?.first.map { !whiteSpace.contains($0) } ?? false }
  }

  /// The number of bytes that each id adds to a text; 0 for special tokens.
  public var spelledBytes: SpelledBytes {
    let special = Set(specialTokens.map(\.id))
    return SpelledBytes(
      (0..<TokenID(vocabularySize)).map { id in
        special.contains(id) ? 0 : text(of: id, isFirst: false)?.count ?? 0
      })
  }

  /// The text of `id` by itself, with invalid UTF-8 replaced; empty if there is no such token.
  public func written(_ id: TokenID) -> String {
    String(decoding: bytes(of: id) ?? [], as: UTF8.self)
  }

  /// The ids below the vocabulary's size without a token, which must not be written.
  public var unusedIDs: [TokenID] {
    (0..<TokenID(vocabularySize)).filter { bytes(of: $0) == nil }
  }
}
