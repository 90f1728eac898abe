import Storage

/// Measures the loss of a model on documents that come piece by piece.
///
/// Memory is bounded by the passages that wait for their pass and by a few numbers per document.
public final class PerplexityEvaluation {
  /// The facts about a tokenizer that the measurement needs.
  public struct Vocabulary {
    /// The bytes that ids spell.
    public var spelledBytes: SpelledBytes
    /// The id that a causal model reads before a document by itself.
    public var beginning: Int32?
    /// The id to put behind a document in a stream.
    public var endOfDocument: Int32?
    /// The id of text without a token of its own.
    public var unknown: Int32?

    /// A vocabulary with these facts.
    public init(
      spelledBytes: SpelledBytes, beginning: Int32?, endOfDocument: Int32?, unknown: Int32?
    ) {
      (self.spelledBytes, self.beginning) = (spelledBytes, beginning)
      (self.endOfDocument, self.unknown) = (endOfDocument, unknown)
    }
  }

  /// The result of the measurement.
  public struct Result: Sendable {
    /// The loss of all documents together.
    public var report = EvaluationReport()
    /// The number of documents.
    public var documents = 0
    /// The number of unknown tokens in the text.
    public var unknownTokens = 0
    /// The unit of ``parts``.
    public var unit = Bootstrap.Unit.documents
    /// The parts to draw from for a standard error.
    public var parts: [Bootstrap.Part] = []

    /// An empty result.
    public init() {}
  }

  /// The sums of a document or a window.
  private struct Sums {
    var loss = 0.0
    var tokens = 0
    /// The bytes spelled by all tokens and by the scored ones.
    var (spelled, scored) = (0, 0)
    /// The bytes and words of the original text.
    var (bytes, words) = (0, 0)

    /// The scored fraction of the spelled bytes; 1 if there are none.
    static func share(of sums: [Sums]) -> Double {
      let spelled = sums.reduce(0) { $0 + $1.spelled }
      return spelled > 0 ? Double(sums.reduce(0) { $0 + $1.scored }) / Double(spelled) : 1
    }
  }

  private let scorer: Scorer
  private let vocabulary: Vocabulary
  private let isStream: Bool
  private var cutter: PassageCutter
  private let progress: (_ scored: Int) -> Void

  /// The sums of each document, the open one last; in a stream, a document's sums include the
  /// tokens that earlier documents left unscored.
  private var documents = [Sums()]
  /// The sums of each passage, as long as passages may be the units of a standard error.
  private var windows: [Sums] = []
  private var waiting: [(passage: Passage, document: Int)] = []
  private var waitingCost = 0
  private var unknownTokens = 0
  private var hasWords = true
  /// Whether the open document has a token.
  private var isBegun = false

  /// The tokens of the network for which passages wait, approximately: enough to group passages of
  /// similar length.
  private static let costPerGroup = 1 << 17

  /// - Parameters:
  ///   - scorer: the scorer of passages.
  ///   - evaluationProtocol: the cut of texts into passages.
  ///   - contextLength: the context, at most the model's.
  ///   - vocabulary: the facts about the tokenizer.
  ///   - progress: called with the number of newly scored tokens.
  /// - Throws: ``ConfigurationError`` if the context has no room for a window of the protocol.
  public init(
    scorer: Scorer, evaluationProtocol: EvaluationProtocol, contextLength: Int,
    vocabulary: Vocabulary, progress: @escaping (_ scored: Int) -> Void
  ) throws(ConfigurationError) {
    let objective = scorer.objective
    let longest = objective.longestPassage(contextLength: contextLength)
    let unscored = objective.attention.unpredictedCount
    guard (unscored + 1...scorer.longestPassage).contains(longest) else {
      throw ConfigurationError(
        """
        The context is \(contextLength); expected \(1 + objective.frame.tokenCount) to \
        \(scorer.longestPassage + contextLength - longest), the model's.
        """)
    }
    if case .sliding(let stride) = evaluationProtocol {
      let window = longest - unscored
      guard window > 1, (1...window).contains(stride) else {
        throw ConfigurationError(
          """
          The stride is \(stride) for windows of \(window.counting("token")); expected a stride of \
          1 to the window, and windows of at least 2 tokens.
          """)
      }
    }
    self.scorer = scorer
    self.vocabulary = vocabulary
    self.progress = progress
    isStream = evaluationProtocol == .chunk
    cutter = PassageCutter(
      evaluationProtocol, objective: objective, contextLength: contextLength,
      prefix: vocabulary.beginning)
  }

  /// Adds the next tokens of the document.
  ///
  /// - Throws: the errors of ``Scorer``.
  public func append(_ ids: [Int32]) throws {
    guard !ids.isEmpty else { return }
    isBegun = true
    documents[documents.count - 1].spelled += vocabulary.spelledBytes.sum(of: ids[...])
    unknownTokens += ids.count { $0 == vocabulary.unknown }
    try cutter.append(ids, enqueue)
  }

  /// Ends the document; its original text has `bytes` bytes and, if known, `words` words.
  ///
  /// - Throws: the errors of ``Scorer``.
  public func endDocument(bytes: Int, words: Int?) throws {
    documents[documents.count - 1].bytes = bytes
    documents[documents.count - 1].words = words ?? 0
    if words == nil { hasWords = false }
    if isStream {
      // As in packed data, a document without tokens leaves no trace.
      if let end = vocabulary.endOfDocument, isBegun { try cutter.append([end], enqueue) }
    } else {
      try cutter.finish(enqueue)
    }
    isBegun = false
    documents.append(Sums())
    if !isStream, documents.count > 2 { windows = [] }
  }

  /// Scores the last passages.
  ///
  /// - Returns: the result; `nil` if there was no token to predict.
  /// - Throws: the errors of ``Scorer``.
  public func finish() throws -> Result? {
    if isStream { try cutter.finish(enqueue) }
    try score()
    var result = Result()
    result.documents = documents.count - 1
    result.unknownTokens = unknownTokens
    result.report.totalLoss = documents.reduce(0) { $0 + $1.loss }
    result.report.tokens = documents.reduce(0) { $0 + $1.tokens }
    guard result.report.tokens > 0 else { return nil }
    // If the end of a text was not scored, the scored fraction of its bytes counts.
    let whole = Sums.share(of: documents)
    let shares = documents.map { isStream ? whole : Sums.share(of: [$0]) }
    let bytes = zip(documents, shares).map { Double($0.bytes) * $1 }
    result.report.bytes = Int(bytes.reduce(0, +).rounded())
    if hasWords {
      let words = zip(documents, shares).reduce(0) { $0 + Double($1.0.words) * $1.1 }
      result.report.words = Int(words.rounded())
    }
    if !isStream, result.documents > 1 {
      result.parts = zip(documents.dropLast(), bytes).map {
        Bootstrap.Part(loss: $0.loss, tokens: Double($0.tokens), bytes: $1)
      }
    } else {
      result.unit = isStream ? .chunks : .windows
      let perSpelled = bytes.reduce(0, +) / Double(max(1, windows.reduce(0) { $0 + $1.scored }))
      result.parts = windows.map {
        Bootstrap.Part(
          loss: $0.loss, tokens: Double($0.tokens), bytes: perSpelled * Double($0.scored))
      }
    }
    return result
  }

  private func enqueue(_ passage: Passage) throws {
    var passage = passage
    passage.scored.removeAll { !scorer.canScore(passage.ids[$0]) }
    guard !passage.scored.isEmpty else { return }
    waiting.append((passage, documents.count - 1))
    waitingCost += scorer.cost(of: passage)
    if waitingCost >= Self.costPerGroup { try score() }
  }

  private func score() throws {
    let passages = waiting.map(\.passage)
    let results = try scorer.logProbabilities(of: passages, progress: progress)
    for ((passage, document), logProbabilities) in zip(waiting, results) {
      var sums = Sums()
      sums.loss = -logProbabilities.reduce(0, +)
      sums.tokens = logProbabilities.count
      sums.scored = passage.scored.reduce(0) { $0 + vocabulary.spelledBytes[passage.ids[$1]] }
      documents[document].loss += sums.loss
      documents[document].tokens += sums.tokens
      documents[document].scored += sums.scored
      if isStream || documents.count <= 2 { windows.append(sums) }
    }
    waiting.removeAll(keepingCapacity: true)
    waitingCost = 0
  }
}
