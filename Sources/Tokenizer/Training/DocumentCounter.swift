import Parallel
import Synchronization

/// Counts the pieces of documents, which come in parts, on several threads; what is counted depends
/// neither on how many threads nor on the parts.
struct DocumentCounter<Finder: PieceFinder> {
  /// Text that a thread counts at a time; less would leave threads waiting for each other.
  private static var byteCountPerThread: Int { 1 << 21 }
  /// Places in all pieces together are numbered by 32 bits.
  private static var largestByteCount: Int { Int(Int32.max) - 1 }

  private let finder: Finder
  private let normalizer: Normalizer
  private let workers: Workers
  private var counters: [PieceCounter]
  /// Text of the current document that no safe cut was found in.
  private var pending: [UInt8] = []
  /// How many bytes of `pending` are known to be whole characters.
  private var validCount = 0
  /// How many bytes of the current document came before `pending`.
  private var documentOffset = 0
  /// Texts that are not counted yet, one after the other, and where each ends.
  private var texts: [UInt8] = []
  private var ends: [Int] = []
  /// Why a text could not be normalised, the first if several could not.
  private var failure: TokenizerError?

  init(_ finder: Finder, _ normalizer: Normalizer, threadCount: Int) {
    self.finder = finder
    self.normalizer = normalizer
    workers = Workers(count: max(threadCount, 1))
    counters = Array(repeating: PieceCounter(), count: workers.count)
  }

  /// Takes the next part of the current document, cut anywhere.
  mutating func append(_ chunk: Span<UInt8>) throws(TokenizerError) {
    if let failure { throw failure }
    let searched = max(validCount - 1, 0)
    pending.append(copying: chunk)
    let complete = UTF8Scan.completeCount(pending.span)
    try validate(upTo: complete)
    let cut = finder.lastCut(in: pending.span.extracting(..<complete), after: searched, normalizer)
    if let cut { take(upTo: cut) }
  }

  /// Ends the current document, so that no piece goes on in the next.
  mutating func finishDocument() throws(TokenizerError) {
    try validate(upTo: pending.count)
    take(upTo: pending.count)
    documentOffset = 0
  }

  /// The counts of all text that was taken.
  mutating func counted() -> PieceCounter {
    countTexts()
    for index in counters.indices.dropFirst() {
      counters[0].add(counters[index])
      counters[index] = PieceCounter()
    }
    return counters[0]
  }

  /// The counts of all documents, of which the last one ends here; they are forgotten.
  mutating func finish() throws(TokenizerError) -> PieceCounter {
    try finishDocument()
    let counter = counted()
    if let failure { throw failure }
    counters = []
    guard counter.pieces.byteCount <= Self.largestByteCount else {
      throw .corpusTooLarge(
        byteCount: counter.pieces.byteCount, maximum: Self.largestByteCount)
    }
    return counter
  }

  private mutating func validate(upTo end: Int) throws(TokenizerError) {
    try UTF8Scan.validate(
      pending.span.extracting(validCount..<end), offset: documentOffset + validCount)
    validCount = end
  }

  /// Takes the pending text before `end`, known to be UTF-8, to be counted.
  private mutating func take(upTo end: Int) {
    if end == 0 { return }
    texts.append(contentsOf: pending[..<end])
    ends.append(texts.count)
    pending.removeFirst(end)
    validCount -= end
    documentOffset += end
    if texts.count >= counters.count * Self.byteCountPerThread { countTexts() }
  }

  private mutating func countTexts() {
    let (texts, ends, workers) = (texts, ends, workers)
    let (finder, normalizer) = (finder, normalizer)
    let failures = Mutex<[TokenizerError]>([])
    unsafe counters.withUnsafeMutableBufferPointer { buffer in
      let counters = unsafe Counters(counters: buffer)
      workers.forEach(ends.count) { index, worker in
        let start = index == 0 ? 0 : ends[index - 1]
        let text = texts.span.extracting(start..<ends[index])
        var normalization = NormalizationBuffer(normalizer)
        do throws(TokenizerError) {
          try normalization.withNormalized(text) { text in
            finder.forEachPiece(in: text) { unsafe counters.counters[worker].add(text, $0) }
          }
        } catch {
          failures.withLock { $0.append(error) }
        }
      }
    }
    failure = failure ?? failures.withLock(\.first)
    self.texts.removeAll(keepingCapacity: true)
    self.ends.removeAll(keepingCapacity: true)
  }

  /// The counters, of which each worker uses one of its own.
  @safe private struct Counters: @unchecked Sendable {
    let counters: UnsafeMutableBufferPointer<PieceCounter>
  }
}

/// A trainer whose documents are counted here.
protocol DocumentTrainer: VocabularyTrainer {
  associatedtype Finder: PieceFinder

  var documents: DocumentCounter<Finder> { get set }
}

extension DocumentTrainer {
  /// The number of distinct words seen so far.
  ///
  /// - Complexity: that of a copy of all of them; ``TrainingProgress/counted(distinctWords:)`` is
  ///   free.
  public var distinctWordCount: Int {
    var documents = documents
    return documents.counted().counts.count
  }

  /// Takes the next part of the current document, cut anywhere.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` with the offset in the document.
  public mutating func append(_ chunk: Span<UInt8>) throws(TokenizerError) {
    try documents.append(chunk)
  }

  /// Ends the current document, so that no word goes on in the next.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` where the document ends inside a character.
  public mutating func finishDocument() throws(TokenizerError) {
    try documents.finishDocument()
  }

  /// Throws unless a vocabulary can have `size` tokens, at least those of `vocabulary`.
  static func check(_ size: Int, _ vocabulary: Vocabulary) throws(TokenizerError) {
    guard size >= vocabulary.size else {
      throw .vocabularyTooSmall(requested: size, minimum: vocabulary.size)
    }
    guard size <= Vocabulary.largestSize else {
      throw .vocabularyTooLarge(requested: size, maximum: Vocabulary.largestSize)
    }
  }
}
