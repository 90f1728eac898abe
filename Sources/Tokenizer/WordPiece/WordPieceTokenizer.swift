/// WordPiece, as BERT has it: the longest piece first, and one token for a word without pieces.
public struct WordPieceTokenizer: TextTokenizer {
  /// What a vocabulary says about how words become pieces.
  public struct Rules: Equatable, Sendable {
    /// How the token for a word without pieces is written.
    public var unknownToken: String
    /// What begins the spelling of pieces that go on in a word.
    public var continuationPrefix: String
    /// A word of more scalars has no pieces.
    public var longestWord: Int

    /// No file may ask for longer words: the time that a word takes grows with the square of its
    /// length.
    static let longestWordLimit = 4096

    /// The rules of BERT.
    public init(
      unknownToken: String = "[UNK]", continuationPrefix: String = "##", longestWord: Int = 100
    ) {
      self.unknownToken = unknownToken
      self.continuationPrefix = continuationPrefix
      self.longestWord = longestWord
    }

    /// Whether all is written in the same bytes.
    public static func == (left: Rules, right: Rules) -> Bool {
      left.unknownToken.utf8.elementsEqual(right.unknownToken.utf8)
        && left.continuationPrefix.utf8.elementsEqual(right.continuationPrefix.utf8)
        && left.longestWord == right.longestWord
    }
  }

  /// What is done to text before it is split at white space and around punctuation.
  public let normalizer: Normalizer
  /// The tokens that are found in text before words are, in the order of their ids.
  public let addedTokens: [AddedToken]
  /// How words become pieces.
  public let rules: Rules
  /// What is put around a text where that is asked for.
  public let postProcessor: PostProcessor?
  /// How pieces become text.
  public let decoder: WordPieceDecoder

  let vocabulary: Vocabulary
  /// The tokens that are no pieces of words.
  let addedIDs: Set<TokenID>
  let trie: PieceTrie
  let unknownID: TokenID
  /// Finds the added tokens in text as it is.
  let rawMatcher: AddedTokenMatcher
  /// Finds the added tokens in normalised text.
  let normalizedMatcher: AddedTokenMatcher

  /// The added tokens that are found in normalised text, as they stand there.
  private let normalizedContents: [TokenID: [UInt8]]

  /// Why parts do not make a tokenizer; a clause.
  struct Flaw: Error {
    let reason: String
  }

  /// A tokenizer of these parts, the added tokens being in `vocabulary` as well.
  ///
  /// Words are not made of the tokens `addedIDs`.
  init(
    vocabulary: Vocabulary, addedIDs: Set<TokenID> = [], addedTokens: [AddedToken],
    normalizer: Normalizer, rules: Rules = Rules(), postProcessor: PostProcessor? = nil,
    decoder: WordPieceDecoder = WordPieceDecoder()
  ) throws(Flaw) {
    guard let unknownID = vocabulary.id(of: Array(rules.unknownToken.utf8)) else {
      throw Flaw(reason: "the vocabulary has no token \"\(rules.unknownToken)\"")
    }
    let prefix = Array(rules.continuationPrefix.utf8)
    var trie = PieceTrie()
    for id in 0..<TokenID(vocabulary.size) where !addedIDs.contains(id) {
      guard let bytes = vocabulary.bytes(of: id) else { continue }
      var isInserted = trie.insert(bytes, root: PieceTrie.beginning, id: id)
      if isInserted, bytes.starts(with: prefix) {
        isInserted = trie.insert(
          bytes.dropFirst(prefix.count), root: PieceTrie.continuation, id: id)
      }
      guard isInserted else { throw Flaw(reason: "the tokens have too many bytes") }
    }
    self.vocabulary = vocabulary
    self.addedIDs = addedIDs
    self.trie = trie
    self.unknownID = unknownID
    self.addedTokens = addedTokens.sorted { $0.id < $1.id }
    self.normalizer = normalizer
    self.rules = rules
    self.postProcessor = postProcessor
    self.decoder = decoder
    var contents: [TokenID: [UInt8]] = [:]
    for token in addedTokens where token.isNormalized {
      contents[token.id] = normalizer.normalized(Array(token.content.utf8).span)
    }
    normalizedContents = contents
    rawMatcher = AddedTokenMatcher(addedTokens.filter { !$0.isNormalized })
    normalizedMatcher = AddedTokenMatcher(
      addedTokens.filter(\.isNormalized), normalizer: normalizer)
  }

  /// The special tokens in the order of their ids.
  public var specialTokens: [SpecialToken] {
    addedTokens.filter(\.isSpecial).map { SpecialToken(id: $0.id, content: $0.content) }
  }

  /// WordPiece.
  public var model: TokenizerModel { .wordPiece }

  /// The largest id plus one.
  public var vocabularySize: Int { vocabulary.size }

  /// The number of tokens; less than ``vocabularySize`` where ids have gaps.
  public var tokenCount: Int { vocabulary.count }

  /// The bytes by which the vocabulary names the token `id`, such as those of "##ing"; `nil`
  /// where no token has that id.
  public func bytes(of id: TokenID) -> [UInt8]? { vocabulary.bytes(of: id) }

  /// How files write the token `id`, such as "##ing"; `nil` where no token has that id.
  public func spelling(of id: TokenID) -> String? {
    bytes(of: id).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The id of the token that the vocabulary names by exactly `bytes`.
  public func id(of bytes: [UInt8]) -> TokenID? { vocabulary.id(of: bytes) }

  /// The bytes that `id` adds to decoded text; a token that is found in normalised text stands
  /// there normalised.
  public func text(of id: TokenID, isFirst: Bool) -> [UInt8]? {
    (normalizedContents[id] ?? bytes(of: id)).map { decoder.text(of: $0, isFirst: isFirst) }
  }

  /// An encoder for one thread.
  public func makeEncoder() -> any TextEncoder { WordPieceEncoder(self) }

  /// The tokenizer as the bytes of a `tokenizer.json`; equal tokenizers give equal bytes.
  public func serialized() -> [UInt8] { TokenizerFile.serialize(self) }
}
