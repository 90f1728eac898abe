/// Learns the vocabulary of a ``WordPieceTokenizer`` from text.
///
/// Like `WordPieceTrainer` in Hugging Face's `tokenizers`, this is byte pair encoding of
/// characters, of which the tokens stay and the merges do not. There, the ids of characters
/// that go on in a word follow the order of a hash table and differ from run to run, and with
/// them which of equally frequent pairs is merged. Here, they follow the code points, or the
/// order that is given.
public struct WordPieceTrainer: VocabularyTrainer, DocumentTrainer {
  /// What is to be learned.
  public struct Options: Sendable {
    /// How many threads count words; the result does not depend on it.
    public var threadCount = 1
    /// The number of tokens to stop at: special tokens, characters and merges.
    public var vocabularySize: Int
    /// How often a pair has to occur to be merged.
    public var minimumFrequency: Int
    /// The special tokens, which get the first ids.
    public var specialTokens: [String]
    /// What is done to text before it is split at white space and around punctuation.
    public var normalizer: Normalizer
    /// How many characters to keep, the most frequent ones; `nil` keeps all.
    ///
    /// Of equally frequent ones those with the smaller code points stay. Others are left out of
    /// words.
    public var alphabetLimit: Int?
    /// Characters that get a token even where the text does not have them.
    public var initialAlphabet: [Unicode.Scalar]
    /// The order of ids of characters that go on in a word; those that are not here follow in
    /// the order of their code points.
    public var continuationOrder: [Unicode.Scalar]
    /// How words become pieces.
    public var rules: WordPieceTokenizer.Rules

    /// Options for a vocabulary of `vocabularySize` tokens.
    public init(
      vocabularySize: Int, minimumFrequency: Int = 1,
      specialTokens: [String] = VocabularyText.specialTokens,
      normalizer: Normalizer = Normalizer(steps: [.bert(.uncased)]), alphabetLimit: Int? = nil,
      initialAlphabet: [Unicode.Scalar] = [], continuationOrder: [Unicode.Scalar] = [],
      rules: WordPieceTokenizer.Rules = WordPieceTokenizer.Rules()
    ) {
      self.vocabularySize = vocabularySize
      self.minimumFrequency = minimumFrequency
      self.specialTokens = specialTokens
      self.normalizer = normalizer
      self.alphabetLimit = alphabetLimit
      self.initialAlphabet = initialAlphabet
      self.continuationOrder = continuationOrder
      self.rules = rules
    }
  }

  private let options: Options
  var documents: DocumentCounter<BertSplit>
  private var specialTokens: [SpecialToken] = []
  private var vocabulary = Vocabulary()

  /// A trainer that has seen no text.
  ///
  /// - Throws: `TokenizerError.vocabularyTooSmall`, `.vocabularyTooLarge`,
  ///   `.invalidSpecialToken` or `.missingUnknownToken`.
  public init(_ options: Options) throws(TokenizerError) {
    self.options = options
    documents = DocumentCounter(
      BertSplit(options.normalizer), options.normalizer, threadCount: options.threadCount)
    for content in options.specialTokens {
      guard !content.isEmpty else {
        throw .invalidSpecialToken(content, reason: "it is empty")
      }
      let bytes = Array(content.utf8)
      if vocabulary.id(of: bytes) != nil { continue }
      specialTokens.append(SpecialToken(id: vocabulary.idOfAdded(bytes), content: content))
    }
    guard vocabulary.id(of: Array(options.rules.unknownToken.utf8)) != nil else {
      throw .missingUnknownToken(options.rules.unknownToken)
    }
    try Self.check(options.vocabularySize, vocabulary)
  }

  /// Learns the vocabulary of all text so far.
  ///
  /// It may be smaller than asked: training stops where no pair occurs often enough.
  ///
  /// - Throws: `TokenizerError.vocabularyTooSmall` where the characters of the text and the
  ///   special tokens are more than asked for, `.corpusTooLarge` beyond 2 GiB of distinct words,
  ///   and what ``finishDocument()`` throws.
  public consuming func train(
    progress: (TrainingProgress) -> Void = { _ in }
  ) throws(TokenizerError) -> WordPieceTokenizer {
    let prefix = Array(options.rules.continuationPrefix.utf8)
    let lists = try pairLists(progress)
    _ = lists.learnMerges(
      &vocabulary, size: options.vocabularySize, minimum: options.minimumFrequency,
      progress: progress
    ) { left, right in
      let bytes = left + right.dropFirst(right.starts(with: prefix) ? prefix.count : 0)
      // No file holds longer ones.
      return bytes.count > AddedToken.longestContent ? nil : bytes
    }
    return try WordPieceTokenizer(
      TokenizerPipeline(
        vocabulary, addedTokens: specialTokens.map(AddedToken.init),
        normalizer: options.normalizer,
        postProcessor: VocabularyText.postProcessor(specialTokens)),
      rules: options.rules,
      decoder: WordPieceDecoder(prefix: options.rules.continuationPrefix),
      path: "the trained vocabulary")
  }

  /// All words, every character that is kept a token.
  private mutating func pairLists(
    _ progress: (TrainingProgress) -> Void
  ) throws(TokenizerError) -> PairLists {
    let counter = try documents.finish()
    let alphabet = WordPieceAlphabet(counter, options, &vocabulary)
    guard vocabulary.size <= options.vocabularySize else {
      throw .vocabularyTooSmall(requested: options.vocabularySize, minimum: vocabulary.size)
    }
    progress(.counted(distinctWords: counter.counts.count))
    var lists = PairLists(pieceCounts: counter.counts, tokenCount: counter.pieces.byteCount)
    for word in counter.counts.indices {
      lists.append(alphabet.ids(of: counter.pieces[word]), piece: word)
    }
    return lists
  }
}
