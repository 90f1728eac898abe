/// WordPiece, as BERT has it: the longest piece first, and one token for a word without pieces.
public struct WordPieceTokenizer: TextTokenizer, FindingTokenizer {
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

  let pipeline: TokenizerPipeline
  /// How words become pieces.
  public let rules: Rules
  /// How pieces become text.
  public let decoder: WordPieceDecoder

  let finder: BertSplit
  private let trie: PieceTrie
  private let unknown: TokenID

  /// A tokenizer of these parts; `path` is for error messages.
  ///
  /// Words are not made of added tokens that the vocabulary lacks.
  init(
    _ pipeline: TokenizerPipeline, rules: Rules = Rules(),
    decoder: WordPieceDecoder = WordPieceDecoder(), path: String
  ) throws(TokenizerError) {
    (trie, unknown) = try rules.matching(
      pipeline.vocabulary, without: pipeline.idsOutsideVocabulary, path: path)
    self.pipeline = pipeline
    self.rules = rules
    self.decoder = decoder
    finder = BertSplit(pipeline.normalizer)
  }

  func makeModel() -> WordMatcher {
    WordMatcher(trie, unknownID: unknown, rules)
  }

  func lengths(of ids: [TokenID], in word: Span<UInt8>) -> [Int] {
    // The only token of a word may be the unknown one.
    if ids.count == 1 { return [word.count] }
    return ids.enumerated().map { index, id in
      pipeline.vocabulary.byteCount(of: id) - (index > 0 ? rules.continuationPrefix.utf8.count : 0)
    }
  }

  /// The id of the token for words without pieces.
  public var unknownID: TokenID? { unknown }

  /// How words become pieces.
  public var wordPieceRules: Rules? { rules }

  /// WordPiece.
  public var model: TokenizerModel { .wordPiece }

  /// How files write the token `id`, such as "##ing"; `nil` where no token has that id.
  public func spelling(of id: TokenID) -> String? {
    bytes(of: id).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes that `id` adds to decoded text; a token that is found in normalised text stands
  /// there normalised.
  public func text(of id: TokenID, isFirst: Bool) -> [UInt8]? {
    (pipeline.normalizedContents[id] ?? bytes(of: id)).map {
      decoder.text(of: $0, isFirst: isFirst)
    }
  }
}

extension WordPieceTokenizer.Rules {
  /// What finds the pieces of `vocabulary`, in which those `without` are no pieces, and the token
  /// for words without any; `path` is for error messages.
  func matching(
    _ vocabulary: Vocabulary, without outside: Set<TokenID>, path: String
  ) throws(TokenizerError) -> (PieceTrie, unknownID: TokenID) {
    guard let unknownID = vocabulary.id(of: Array(unknownToken.utf8)) else {
      throw .corrupt(path: path, reason: "the vocabulary has no token \"\(unknownToken)\"")
    }
    let prefix = Array(continuationPrefix.utf8)
    var trie = PieceTrie(capacity: 4 * vocabulary.count)
    for id in 0..<TokenID(vocabulary.size) where !outside.contains(id) {
      guard let bytes = vocabulary.bytes(of: id), !bytes.isEmpty else { continue }
      var isInserted = trie.insert(bytes, root: PieceTrie.beginning, id: id)
      if isInserted, bytes.starts(with: prefix) {
        isInserted = trie.insert(
          bytes.dropFirst(prefix.count), root: PieceTrie.continuation, id: id)
      }
      guard isInserted else {
        throw .corrupt(path: path, reason: "the tokens have too many bytes")
      }
    }
    return (trie, unknownID)
  }
}
