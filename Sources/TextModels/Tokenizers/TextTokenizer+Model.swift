public import CRATELM
public import Tokenizer

extension MaskingVocabulary {
  /// How masks are written in text.
  package static let maskSpellings = ["[MASK]", "<mask>"]

  /// What the masked objective has to know of `tokenizer`.
  ///
  /// The special tokens are those of BERT or of RoBERTa. Where a byte-level vocabulary was given
  /// only a mask, `<|endoftext|>` begins and ends its sequences.
  ///
  /// - Throws: `ConfigurationError` where one is missing.
  public init(_ tokenizer: any TextTokenizer) throws(ConfigurationError) {
    func id(_ contents: [String], _ purpose: String) throws(ConfigurationError) -> TokenID {
      guard let id = contents.lazy.compactMap(tokenizer.specialToken).first else {
        throw ConfigurationError(
          """
          The tokenizer has no special token \(contents.joined(separator: " or ")), which \
          \(purpose) for the masked objective; train one with 'tokenizer train --type wordpiece' \
          or '--special <s> <pad> </s> <mask>'.
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
  /// The ids of pieces that continue a word: in WordPiece those that say so, in a byte-level
  /// vocabulary those that do not begin with white space.
  fileprivate var continuingIDs: [TokenID] {
    let ids = 0..<TokenID(vocabularySize)
    if let wordPiece = self as? WordPieceTokenizer {
      let prefix = Array(wordPiece.rules.continuationPrefix.utf8)
      return ids.filter { bytes(of: $0)?.starts(with: prefix) ?? false }
    }
    let whiteSpace: Set = [UInt8(ascii: " "), 0x09, 0x0A, 0x0D]
    return ids.filter { bytes(of: $0)?.first.map { !whiteSpace.contains($0) } ?? false }
  }

  /// The bytes that each id adds to a text; 0 for special tokens.
  public var spelledBytes: SpelledBytes {
    let special = Set(specialTokens.map(\.id))
    return SpelledBytes(
      (0..<TokenID(vocabularySize)).map { id in
        special.contains(id) ? 0 : text(of: id, isFirst: false)?.count ?? 0
      })
  }

  /// The text of `id` by itself, bytes that are no UTF-8 replaced; empty where there is no token.
  public func written(_ id: TokenID) -> String {
    String(decoding: bytes(of: id) ?? [], as: UTF8.self)
  }

  /// The id of text without a token of its own; `nil` where every text has tokens.
  public var unknownID: TokenID? {
    guard let wordPiece = self as? WordPieceTokenizer else { return nil }
    return id(of: Array(wordPiece.rules.unknownToken.utf8))
  }

  /// Ids below the vocabulary's size for which there is no token, so that none may be written.
  public var unusedIDs: [TokenID] {
    (0..<TokenID(vocabularySize)).filter { bytes(of: $0) == nil }
  }
}
