// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Parallel
import Storage
import Synchronization

/// How much `analyzeText` tells of each token.
public struct TextAnalysisOptions: Sendable {
  /// The largest terms of a logit that are listed.
  public var contributions = 20
  /// The likeliest tokens of each layer.
  public var candidates = 3
  /// The number of threads, which changes no bit; `nil` for one per processor.
  public var threads: Int?

  /// The usual numbers.
  public init() {}
}

extension LanguageModel {
  /// Takes the predictions of a text apart: losses, the likeliest tokens by each layer, and the
  /// logits as exact sums.
  ///
  /// - Parameters:
  ///   - ids: the text, without special tokens around it.
  ///   - vocabulary: the masking vocabulary of a masked model, which predicts every token from the
  ///     others, itself masked.
  ///   - options: how much to tell.
  /// - Returns: the entries of all tokens.
  /// - Throws: ``ConfigurationError`` for no ids, more ids than the context has room for, an id
  ///   outside the vocabulary, or a masked model without a vocabulary; ``OutOfMemory``.
  public func analyzeText(
    _ ids: [Int32], vocabulary: MaskingVocabulary? = nil,
    options: TextAnalysisOptions = TextAnalysisOptions()
  ) throws -> TextAnalysis {
    try requireText(ids)
    let workers = Workers(threads: try Workers.count(options.threads))
    parameters.foldOnce { fold(workers: workers) }
    let reading = try TextReading(
      self, ids, vocabulary: vocabulary, candidates: options.candidates, workers: workers)
    let entries = Mutex([TokenAnalysis?](repeating: nil, count: reading.predictions.count))
    let parts = ModelParts(self)
    workers.forEach(reading.predictions.count) { index, _ in
      let prediction = reading.predictions[index]
      let terms = Waterfall.terms(of: prediction.id, from: prediction.position, parts) {
        reading.recorder.row($0, index)
      }
      let (contributions, remainder) = terms.largest(options.contributions)
      let entry = TokenAnalysis(
        id: prediction.id, loss: prediction.loss, layers: reading.candidates[index],
        logit: prediction.logit, contributions: contributions, remainder: remainder)
      entries.withLock { $0[index] = entry }
    }
    let found = entries.withLock(\.self)
    return TextAnalysis(
      tokens: [TokenAnalysis?](
        repeating: nil, count: configuration.objective.attention.unpredictedCount) + found)
  }

  /// Checks that `ids`, without special tokens around them, are a text that fits into the context.
  ///
  /// - Throws: ``ConfigurationError`` for no ids, too many, or an id outside the vocabulary.
  public func requireText(_ ids: [Int32]) throws(ConfigurationError) {
    let room = configuration.contextLength - configuration.objective.frame.tokenCount
    guard (1...max(1, room)).contains(ids.count) else {
      throw ConfigurationError(
        """
        The text has \(ids.count.counting("token")); expected 1 to \(room), what the model sees at \
        once.
        """)
    }
    try require(ids)
  }
}
