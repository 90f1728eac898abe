public import CRATELM
import Storage
import Tokenizer

/// Measures the loss of a model on texts or on packed data.
public struct Perplexity {
  /// A measurement and its settings.
  public struct Result: Sendable {
    /// The loss, its units and the parts that a standard error is taken over.
    public let evaluation: PerplexityEvaluation.Result
    /// The way the text was cut; `nil` for hidden tokens.
    public let evaluationProtocol: EvaluationProtocol?
    /// The settings that the numbers depend on.
    public let settings: EvaluationSettings
  }

  /// A text to evaluate.
  public enum Text {
    /// Documents, whose bytes and words are counted one by one.
    case documents(DocumentSource)
    /// A split of packed data.
    case data(TokenData, Split)
  }

  private let model: TextModel
  private let context: Int
  private let progress: (ScoringProgress) -> Void

  /// The number of windows of hidden tokens that pass through the network at once.
  private static let windowsAtOnce = 8

  /// - Parameters:
  ///   - model: the model to measure.
  ///   - context: the most tokens seen at once, at most the model's; `nil` for the model's.
  ///   - progress: called as the evaluation proceeds.
  public init(
    _ model: TextModel, context: Int? = nil,
    progress: @escaping (ScoringProgress) -> Void = { _ in }
  ) {
    self.model = model
    self.context = context ?? model.model.configuration.contextLength
    self.progress = progress
  }

  /// The loss on `text`, cut by the protocol, from the log-probabilities of `scorer`.
  ///
  /// - Throws: ``InputError``, `DataError`, `FileError` for the text; `ConfigurationError` if the
  ///   protocol scores none of its tokens.
  public func evaluate(
    _ text: Text, by evaluationProtocol: EvaluationProtocol, scorer: Scorer
  ) throws -> Result {
    // Packed documents have their ends.
    let endsDocuments = if case .data = text { false } else { true }
    let evaluation = try PerplexityEvaluation(
      scorer: scorer, evaluationProtocol: evaluationProtocol, contextLength: context,
      vocabulary: PerplexityEvaluation.Vocabulary(
        spelledBytes: model.tokenizer.spelledBytes(endingWith: model.textBounds.ends),
        beginning: model.textBounds.beginning,
        endOfDocument: endsDocuments ? model.textBounds.end : nil,
        unknown: model.tokenizer.unknownID),
      progress: { [progress] in progress(.scored($0)) })
    var reader = PerplexityReader(tokenizer: model.tokenizer, progress: progress)
    switch text {
    case .documents(let source): try reader.read(source, into: evaluation)
    case .data(let data, let split):
      try reader.read(
        data, split, isStream: evaluationProtocol == .chunk, into: evaluation)
    }
    guard var result = try evaluation.finish() else {
      guard reader.tokenCount > 0 else { throw DataError.noText }
      throw ConfigurationError(
        """
        The text has \(reader.tokenCount.counting("token")), none of which the protocol \
        \(evaluationProtocol.name) with a context of \(context) has a score for; give more text, \
        or another protocol or context.
        """)
    }
    if let documents = reader.documentCount { result.documents = documents }
    return Result(
      evaluation: result, evaluationProtocol: evaluationProtocol,
      settings: EvaluationSettings(
        model, metric: scorer.metric, context: context,
        hasPrefix: evaluationProtocol == .document))
  }

  /// The loss of a masked model on the tokens that validation hides.
  ///
  /// - Throws: `DataError` if the split is shorter than a context; `ConfigurationError` for a model
  ///   that is causal; `OutOfMemory`.
  public func evaluateHiddenTokens(
    of data: TokenData, _ split: Split, threads: Int
  ) throws -> Result {
    let tokens = data[split]
    let evaluator = try Evaluator(
      model: model.model, data: data, vocabulary: model.maskingVocabulary(),
      contextLength: context, sequences: Self.windowsAtOnce, threads: threads)
    progress(.expected(tokens.tokenCount))
    var scored = 0
    let found = try evaluator.evaluate(split) { done, all in
      progress(.read(done, of: all))
      progress(.scored(done - scored))
      scored = done
    }
    guard let found else {
      throw DataError.splitTooShort(
        data.directory, split, tokens: tokens.tokenCount, contextLength: context)
    }
    var result = PerplexityEvaluation.Result()
    result.report = found
    result.documents = data.manifest[split].documents
    if let unknown = model.tokenizer.unknownID {
      try tokens.forEachPiece { ids in result.unknownTokens += ids.count { $0 == unknown } }
    }
    return Result(
      evaluation: result, evaluationProtocol: nil,
      settings: EvaluationSettings(masked: model, context: context))
  }
}
