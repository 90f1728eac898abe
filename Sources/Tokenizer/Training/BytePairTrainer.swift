/// Learns a byte-level vocabulary from text.
///
/// The result is that of `BpeTrainer` in Hugging Face's `tokenizers` for byte-level text: the
/// most frequent pair of neighbours is merged next, of equally frequent ones that with the
/// smaller ids; overlapping occurrences count. It does not depend on how the text is cut into
/// chunks, nor on the order of documents. Memory grows with the number of distinct words only.
public struct BytePairTrainer: VocabularyTrainer, DocumentTrainer {
  /// What is to be learned.
  public struct Options: Sendable {
    /// How text is split before merging.
    public var pattern = SplitPattern.gpt2
    /// How many threads count words; the result does not depend on it.
    public var threadCount = 1
    /// The number of tokens to stop at: special tokens, 256 bytes and merges.
    public var vocabularySize: Int
    /// How often a pair has to occur to be merged.
    public var minimumFrequency: Int
    /// The special tokens, which get the first ids.
    public var specialTokens: [String]
    /// What is done to text before it is split.
    public var normalizer: Normalizer

    /// Options for a vocabulary of `vocabularySize` tokens.
    public init(
      vocabularySize: Int, minimumFrequency: Int = 1,
      specialTokens: [String] = [SpecialToken.endOfText],
      normalizer: Normalizer = Normalizer(steps: [])
    ) {
      self.vocabularySize = vocabularySize
      self.minimumFrequency = minimumFrequency
      self.specialTokens = specialTokens
      self.normalizer = normalizer
    }
  }

  private let options: Options
  var documents: DocumentCounter<PieceSplitter>
  private var vocabulary = Vocabulary()
  private var specialTokens: [SpecialToken] = []

  /// A trainer that has seen no text.
  ///
  /// - Throws: `TokenizerError.vocabularyTooSmall`, `.vocabularyTooLarge` or
  ///   `.invalidSpecialToken`.
  public init(_ options: Options) throws(TokenizerError) {
    self.options = options
    documents = DocumentCounter(
      PieceSplitter(options.pattern), options.normalizer, threadCount: options.threadCount)
    for content in options.specialTokens { try addSpecialToken(content) }
    for byte in ByteAlphabet.sortedBytes { _ = vocabulary.idOfAdded([byte]) }
    try Self.check(options.vocabularySize, vocabulary)
  }

  /// Learns the merges from all text so far.
  ///
  /// The vocabulary may be smaller than asked: training stops where no pair occurs often enough.
  ///
  /// - Throws: `TokenizerError.corpusTooLarge` beyond 2 GiB of distinct words, and what
  ///   ``finishDocument()`` throws.
  public consuming func train(
    progress: (TrainingProgress) -> Void = { _ in }
  ) throws(TokenizerError) -> ByteLevelBPETokenizer {
    let lists = try pairLists(progress)
    let merges = lists.learnMerges(
      &vocabulary, size: options.vocabularySize, minimum: options.minimumFrequency,
      progress: progress
    ) { $0 + $1 }
    return try ByteLevelBPETokenizer(
      TokenizerPipeline(
        vocabulary, addedTokens: specialTokens.map(AddedToken.init),
        normalizer: options.normalizer),
      merges: merges, pattern: options.pattern, path: "the trained vocabulary")
  }

  /// All pieces, every byte a token.
  private mutating func pairLists(
    _ progress: (TrainingProgress) -> Void
  ) throws(TokenizerError) -> PairLists {
    let counter = try documents.finish()
    let byteIDs = vocabulary.byteIDs ?? []
    var lists = PairLists(pieceCounts: counter.counts, tokenCount: counter.pieces.byteCount)
    for piece in counter.counts.indices {
      lists.append(counter.pieces[piece].lazy.map { byteIDs[Int($0)] }, piece: piece)
    }
    progress(.counted(distinctWords: counter.counts.count))
    return lists
  }

  private mutating func addSpecialToken(_ content: String) throws(TokenizerError) {
    let bytes = Array(content.utf8)
    if specialTokens.contains(where: { $0.content.utf8.elementsEqual(bytes) }) { return }
    if let reason = SpecialToken.flaw(of: content) {
      throw .invalidSpecialToken(content, reason: reason)
    }
    let id = vocabulary.size
    do {
      try vocabulary.insert(
        bytes, id: Int64(id), isFindable: SpecialToken.isWrittenAsBytes(content))
    } catch {
      throw .invalidSpecialToken(content, reason: "there are too many special tokens")
    }
    specialTokens.append(SpecialToken(id: TokenID(id), content: content))
  }
}
