/// Learns a byte-level vocabulary from text.
///
/// The result is that of `BpeTrainer` in Hugging Face's `tokenizers` for byte-level text: the
/// most frequent pair of neighbours is merged next, of equally frequent ones that with the
/// smaller ids; overlapping occurrences count. It does not depend on how the text is cut into
/// chunks, nor on the order of documents. Memory grows with the number of distinct words only.
public struct BytePairTrainer: VocabularyTrainer {
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

  /// How far training is.
  public typealias Progress = TrainingProgress

  private let options: Options
  private let split: PieceSplitter
  private var counters: ParallelCounter<PieceSplitter>
  private var vocabulary = Vocabulary()
  private var specialTokens: [SpecialToken] = []
  /// Text of the current document that no safe cut was found in.
  private var pending: [UInt8] = []
  /// How many bytes of `pending` are known to be whole characters.
  private var validCount = 0
  /// How many bytes of the current document came before `pending`.
  private var documentOffset = 0

  /// A trainer that has seen no text.
  ///
  /// - Throws: `TokenizerError.vocabularyTooSmall`, `.vocabularyTooLarge` or
  ///   `.invalidSpecialToken`.
  public init(_ options: Options) throws(TokenizerError) {
    self.options = options
    split = PieceSplitter(options.pattern)
    counters = ParallelCounter(
      split, options.normalizer, threadCount: max(options.threadCount, 1))
    for content in options.specialTokens { try addSpecialToken(content) }
    for byte in ByteAlphabet.sortedBytes { _ = try? add([byte]) }
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
  /// - Complexity: that of a copy of all of them; ``Progress/counted(distinctWords:)`` is free.
  public var distinctWordCount: Int {
    var counters = counters
    return counters.counted().count
  }

  /// Takes the next part of the current document, cut anywhere.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` with the offset in the document.
  public mutating func append(_ chunk: Span<UInt8>) throws(TokenizerError) {
    let searched = max(validCount - 1, 0)
    unsafe chunk.withUnsafeBufferPointer { unsafe pending.append(contentsOf: $0) }
    let complete = UTF8Scan.completeCount(pending.span)
    try validate(upTo: complete)
    if let cut = split.lastCut(
      in: pending.span.extracting(..<complete), after: searched, isSolid: isSolid)
    {
      count(upTo: cut)
    }
  }

  /// Ends the current document, so that no word goes on in the next.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` where the document ends inside a character.
  public mutating func finishDocument() throws(TokenizerError) {
    try validate(upTo: pending.count)
    count(upTo: pending.count)
    documentOffset = 0
  }

  /// Learns the merges from all text so far.
  ///
  /// The vocabulary may be smaller than asked: training stops where no pair occurs often enough.
  ///
  /// - Throws: `TokenizerError.corpusTooLarge` beyond 2 GiB of distinct words, and what
  ///   ``finishDocument()`` throws.
  public consuming func train(
    progress: (Progress) -> Void = { _ in }
  ) throws(TokenizerError) -> ByteLevelBPETokenizer {
    try finishDocument()
    let counter = counters.counted()
    let maximum = Int(Int32.max) - 1
    guard counter.distinctByteCount <= maximum else {
      throw .corpusTooLarge(byteCount: counter.distinctByteCount, maximum: maximum)
    }
    counters.removeAll()
    let merges = learnMerges(counter, progress)
    do {
      return try ByteLevelBPETokenizer(
        vocabulary: vocabulary, merges: merges, addedTokens: specialTokens.map(AddedToken.init),
        normalizer: options.normalizer, pattern: options.pattern)
    } catch {
      throw .corrupt(path: "the trained vocabulary", reason: error.reason)
    }
  }

  private mutating func learnMerges(
    _ counter: PieceCounter, _ progress: (Progress) -> Void
  ) -> [Merge] {
    let byteIDs = (UInt8.min...UInt8.max).compactMap { vocabulary.id(of: [$0]) }
    var lists = PairLists(counter, byteIDs: byteIDs)
    progress(.counted(distinctWords: counter.count))
    let limit = options.vocabularySize - vocabulary.size
    var merges: [Merge] = []
    var queue = PairQueue()
    while vocabulary.size < options.vocabularySize,
      let candidate = queue.popMostFrequent(&lists, minimum: max(1, options.minimumFrequency))
    {
      let (left, right) = (candidate.pair.left, candidate.pair.right)
      let bytes = (vocabulary.bytes(of: left) ?? []) + (vocabulary.bytes(of: right) ?? [])
      guard let id = try? add(bytes) else { break }
      lists.merge(candidate.list, into: id)
      merges.append(Merge(left: left, right: right, result: id))
      progress(.merged(merges.count, limit: limit))
    }
    return merges
  }

  /// The id of the token `bytes`: the next free one unless there is one already.
  private mutating func add(_ bytes: [UInt8]) throws(Vocabulary.Conflict) -> TokenID {
    if let id = vocabulary.id(of: bytes) { return id }
    let id = vocabulary.size
    try vocabulary.insert(bytes, id: Int64(id))
    return TokenID(id)
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

  // MARK: Text

  private mutating func validate(upTo end: Int) throws(TokenizerError) {
    do {
      try UTF8Scan.validate(pending.span.extracting(validCount..<end))
    } catch {
      guard case .invalidUTF8(let offset) = error else { throw error }
      throw .invalidUTF8(byteOffset: documentOffset + validCount + offset)
    }
    validCount = end
  }

  /// Counts the words of the pending text before `end`, which is known to be UTF-8.
  private mutating func count(upTo end: Int) {
    counters.add(pending[..<end])
    pending.removeFirst(end)
    validCount -= end
    documentOffset += end
  }

  /// Whether the character `range` of `text` is, when normalised, one that is no white space.
  private func isSolid(_ character: Span<UInt8>) -> Bool {
    if options.normalizer.steps.isEmpty { return true }
    return split.endsSolid(options.normalizer.normalized(character).span)
  }
}
