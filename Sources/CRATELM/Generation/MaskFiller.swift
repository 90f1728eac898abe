import Parallel
import Storage

/// Fills masks in a text with the most probable tokens of a masked model.
public final class MaskFiller {
  /// A token for a masked position.
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
  ///   - model: the masked model.
  ///   - vocabulary: the masking vocabulary of its tokenizer.
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

  /// The most probable tokens at every masked position of a text.
  ///
  /// - Parameters:
  ///   - ids: the text with mask ids, without the special tokens that begin and end a sequence.
  ///   - count: the number of candidates for each mask.
  ///   - excluded: ids that are no candidates.
  /// - Returns: for every mask in order, its candidates, the most probable first.
  /// - Throws: ``ConfigurationError`` for a text without a mask or longer than the context,
  ///   ``OutOfMemory``.
  public func fill(
    _ ids: [Int32], count: Int, excluding excluded: [Int32] = []
  ) throws -> [[Candidate]] {
    let frame = vocabulary.frame
    let shape = BatchShape(sequences: 1, context: ids.count + frame.tokenCount)
    let room = model.configuration.contextLength - frame.tokenCount
    guard ids.count <= room else {
      throw ConfigurationError(
        """
        The text has \(ids.count.counting("token")), the model sees \(room) and two around them; \
        shorten the text to at most \(room.counting("token")).
        """)
    }
    try model.require(ids)
    guard count > 0 else {
      throw ConfigurationError("The number of candidates is \(count); expected at least 1.")
    }
    var batch = Batch(sequences: 1, contextLength: shape.context)
    for (place, id) in ids.enumerated() where id == vocabulary.roles.mask {
      batch.predict(id, at: frame.textStart + place)
    }
    guard !batch.predicted.isEmpty else {
      throw ConfigurationError("The text has no mask; expected one where a token is to be found.")
    }
    batch.append(ids, in: frame)
    let network = try Network(model, shape: shape, purpose: .inference, workers: workers)
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
    let distribution = Distribution(logits)
    let total = distribution.totalWeight
    return distribution.mostProbable(count + excluded.count).lazy
      .filter { !excluded.contains($0.id) }.prefix(count)
      .map { Candidate(id: $0.id, probability: $0.weight / total) }
  }
}
