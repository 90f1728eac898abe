import Parallel

/// Fills hidden places of a text with the tokens that a masked model finds most probable.
public final class MaskFiller {
  /// A token that may stand at a hidden place.
  public struct Candidate: Hashable, Sendable {
    /// Its id.
    public let id: Int32
    /// Its probability among all ids.
    public let probability: Double
  }

  private let model: LanguageModel
  private let vocabulary: MaskingVocabulary
  private let workers: Workers

  /// - Parameters:
  ///   - model: the masked model that fills.
  ///   - vocabulary: what its tokenizer says about its ids.
  ///   - threads: the number of threads.
  /// - Throws: ``ConfigurationError`` for a causal model.
  public init(
    model: LanguageModel, vocabulary: MaskingVocabulary, threads: Int
  ) throws(ConfigurationError) {
    try model.configuration.require(.masked)
    self.model = model
    self.vocabulary = vocabulary
    workers = Workers(threads: threads)
  }

  /// The most probable tokens at every hidden place of a text.
  ///
  /// - Parameters:
  ///   - ids: the text with the mask at the hidden places, without the tokens that begin and end
  ///     a sequence.
  ///   - count: how many tokens to name for each place.
  ///   - excluded: ids that are not named.
  /// - Returns: for every mask in order its candidates, the most probable first.
  /// - Throws: ``ConfigurationError`` for a text without a mask or longer than the context,
  ///   ``OutOfMemory``.
  public func fill(
    _ ids: [Int32], count: Int, excluding excluded: [Int32] = []
  ) throws -> [[Candidate]] {
    let sequence = [vocabulary.roles.beginning] + ids + [vocabulary.roles.end]
    let context = model.configuration.contextLength
    guard sequence.count <= context else {
      throw ConfigurationError(
        """
        The text has \(ids.count) tokens, the model sees \(context - 2) and two around them; \
        shorten the text to at most \(context - 2) tokens.
        """)
    }
    var batch = Batch(sequences: 1, contextLength: sequence.count)
    for (place, id) in sequence.enumerated() where id == vocabulary.roles.mask {
      batch.predict(id, at: place)
    }
    guard !batch.predicted.isEmpty else {
      throw ConfigurationError("The text has no mask; expected one where a token is to be found.")
    }
    batch.append(sequence, count: sequence.count, padding: vocabulary.roles.padding)
    let network = try Network(
      model, shape: BatchShape(sequences: 1, context: sequence.count), purpose: .inference,
      workers: workers)
    let hidden = Set(excluded)
    var places: [[Candidate]] = []
    network.forEachLogits(batch) { _, logits in
      for row in 0..<logits.rows {
        places.append(Self.mostProbable(count, of: logits[row], excluding: hidden))
      }
    }
    return places
  }

  private static func mostProbable(
    _ count: Int, of logits: Row, excluding excluded: Set<Int32>
  ) -> [Candidate] {
    let scores = (0..<logits.count).map { Double(logits[$0]) }
    let largest = Double(logits.maximum)
    let total = scores.reduce(0) { $0 + ($1 - largest).exponential }
    let ids = (0..<Int32(scores.count)).filter { !excluded.contains($0) }
    // The more probable first; of equals, the smaller id.
    let order = ids.sorted {
      let (a, b) = (scores[Int($0)], scores[Int($1)])
      return a != b ? a > b : $0 < $1
    }
    return order.prefix(count).map {
      Candidate(id: $0, probability: (scores[Int($0)] - largest).exponential / total)
    }
  }
}
