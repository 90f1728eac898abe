/// Learns the vocabulary of a ``WordPieceTokenizer`` from text.
///
/// Like `WordPieceTrainer` in Hugging Face's `tokenizers`, this is byte pair encoding of
/// characters, of which the tokens stay and the merges do not. There, the ids of characters
/// that go on in a word follow the order of a hash table and differ from run to run, and with
/// them which of equally frequent pairs is merged. Here, they follow the code points, or the
/// order that is given.
public struct WordPieceTrainer: VocabularyTrainer {
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

  let options: Options
  private let split = BertSplit()
  private var counters: ParallelCounter<BertSplit>
  private var specialTokens: [SpecialToken] = []
  private var vocabulary = Vocabulary()
  /// Text of the current document after its last white space.
  private var pending: [UInt8] = []
  /// How many bytes of the current document came before `pending`.
  private var documentOffset = 0

  /// A trainer that has seen no text.
  ///
  /// - Throws: `TokenizerError.vocabularyTooSmall`, `.vocabularyTooLarge`,
  ///   `.invalidSpecialToken` or `.missingUnknownToken`.
  public init(_ options: Options) throws(TokenizerError) {
    self.options = options
    counters = ParallelCounter(
      split, options.normalizer, threadCount: max(options.threadCount, 1))
    for content in options.specialTokens {
      guard !content.isEmpty else {
        throw .invalidSpecialToken(content, reason: "it is empty")
      }
      if vocabulary.id(of: Array(content.utf8)) != nil { continue }
      specialTokens.append(
        SpecialToken(
          id: WordPieceAlphabet.add(Array(content.utf8), to: &vocabulary), content: content))
    }
    guard vocabulary.id(of: Array(options.rules.unknownToken.utf8)) != nil else {
      throw .missingUnknownToken(options.rules.unknownToken)
    }
    guard options.vocabularySize >= vocabulary.size else {
      throw .vocabularyTooSmall(requested: options.vocabularySize, minimum: vocabulary.size)
    }
    guard options.vocabularySize <= Vocabulary.largestSize else {
      throw .vocabularyTooLarge(
        requested: options.vocabularySize, maximum: Vocabulary.largestSize)
    }
  }

  /// The number of distinct words seen so far.
  ///
  /// - Complexity: that of a copy of all of them; ``TrainingProgress/counted(distinctWords:)`` is
  ///   free.
  public var distinctWordCount: Int {
    var counters = counters
    return counters.counted().count
  }

  /// Takes the next part of the current document, cut anywhere.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` with the offset in the document.
  public mutating func append(_ chunk: Span<UInt8>) throws(TokenizerError) {
    var end = chunk.count
    // Nothing depends on what is on the other side of a white space.
    while end > 0, split.byteClasses[Int(chunk[end - 1])] != BertSplit.ByteClass.space { end -= 1 }
    if end > 0 {
      unsafe chunk.extracting(..<end).withUnsafeBufferPointer {
        unsafe pending.append(contentsOf: $0)
      }
      try countPending()
    }
    unsafe chunk.extracting(end...).withUnsafeBufferPointer {
      unsafe pending.append(contentsOf: $0)
    }
  }

  /// Ends the current document, so that no word goes on in the next.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` with the offset in the document.
  public mutating func finishDocument() throws(TokenizerError) {
    try countPending()
    documentOffset = 0
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
    try finishDocument()
    let counter = counters.counted()
    let maximum = Int(Int32.max) - 1
    guard counter.distinctByteCount <= maximum else {
      throw .corpusTooLarge(byteCount: counter.distinctByteCount, maximum: maximum)
    }
    let words = WordPieceAlphabet(counter, options).words(counter, &vocabulary, options)
    guard vocabulary.size <= options.vocabularySize else {
      throw .vocabularyTooSmall(requested: options.vocabularySize, minimum: vocabulary.size)
    }
    progress(.counted(distinctWords: counter.count))
    counters.removeAll()
    learnMerges(PairLists(ids: words.ids, starts: words.starts, counts: words.counts), progress)
    do {
      return try WordPieceTokenizer(
        vocabulary: vocabulary, addedTokens: specialTokens.map(AddedToken.init),
        normalizer: options.normalizer,
        rules: options.rules, postProcessor: VocabularyText.postProcessor(specialTokens),
        decoder: WordPieceDecoder(prefix: options.rules.continuationPrefix))
    } catch {
      throw .corrupt(path: "the trained vocabulary", reason: error.reason)
    }
  }

  private mutating func learnMerges(
    _ lists: consuming PairLists, _ progress: (TrainingProgress) -> Void
  ) {
    let prefix = Array(options.rules.continuationPrefix.utf8)
    let limit = options.vocabularySize - vocabulary.size
    var queue = PairQueue()
    while vocabulary.size < options.vocabularySize,
      let next = queue.popMostFrequent(&lists, minimum: max(1, options.minimumFrequency))
    {
      let left = vocabulary.bytes(of: next.pair.left) ?? []
      var right = (vocabulary.bytes(of: next.pair.right) ?? [])[...]
      if right.starts(with: prefix) { right.removeFirst(prefix.count) }
      // No file holds longer ones.
      if left.count + right.count > AddedToken.longestContent { continue }
      let id = WordPieceAlphabet.add(left + right, to: &vocabulary)
      lists.merge(next.list, into: id)
      progress(.merged(limit - (options.vocabularySize - vocabulary.size), limit: limit))
    }
  }

  /// Counts the words of the text that is pending.
  private mutating func countPending() throws(TokenizerError) {
    do {
      try UTF8Scan.validate(pending.span)
    } catch {
      guard case .invalidUTF8(let offset) = error else { throw error }
      throw .invalidUTF8(byteOffset: documentOffset + offset)
    }
    documentOffset += pending.count
    counters.add(pending[...])
    pending.removeAll(keepingCapacity: true)
  }
}
