import Parallel
import Storage

/// Computes log-probabilities of tokens: a causal model predicts a token from the tokens before it,
/// a masked model from the tokens around it.
///
/// Many passages of similar length pass through the network at once.
public final class Scorer {
  /// The most tokens of a passage.
  public let longestPassage: Int

  /// The way to predict a token, with its settings.
  private enum Method {
    case fromTokensBefore
    case fromTokensAround(PseudoLikelihood, MaskingVocabulary)
  }

  private let model: LanguageModel
  private let method: Method
  private let workers: Workers
  /// The network of the last batch, kept as long as batches have its shape.
  private var network: Network?

  /// The tokens of a pass: enough for products at full rate.
  private static let tokensPerPass = 4096

  /// - Parameters:
  ///   - model: the model.
  ///   - vocabulary: the masking vocabulary of a masked model's tokenizer.
  ///   - pseudoLikelihood: the tokens to hide from a masked model.
  ///   - threads: the number of threads.
  /// - Throws: ``ConfigurationError`` for a masked model without its vocabulary.
  public init(
    model: LanguageModel, vocabulary: MaskingVocabulary? = nil,
    pseudoLikelihood: PseudoLikelihood = .withinWord, threads: Int
  ) throws(ConfigurationError) {
    let shape = model.configuration
    switch shape.objective.attention {
    case .causal: method = .fromTokensBefore
    case .bidirectional:
      guard let vocabulary, vocabulary.vocabularySize <= shape.vocabularySize else {
        throw ConfigurationError(
          """
          The model is \(shape.objective) and has \(shape.vocabularySize.counting("id")), the \
          vocabulary has \(vocabulary?.vocabularySize ?? 0); expected the vocabulary of its \
          tokenizer.
          """)
      }
      method = .fromTokensAround(pseudoLikelihood, vocabulary)
    }
    longestPassage = shape.objective.longestPassage(contextLength: shape.contextLength)
    self.model = model
    workers = Workers(threads: threads)
  }

  /// The meaning of a token's score.
  public var metric: ScoringMetric {
    switch method {
    case .fromTokensBefore: .logLikelihood
    case .fromTokensAround(let variant, _): .pseudoLogLikelihood(variant)
    }
  }

  var objective: Objective { model.configuration.objective }

  /// Whether the token `id` can be scored: a masked model does not learn to predict the special
  /// tokens of its sequences.
  public func canScore(_ id: Int32) -> Bool {
    switch method {
    case .fromTokensBefore: true
    case .fromTokensAround(_, let vocabulary): !vocabulary.hasRole(id)
    }
  }

  /// The number of tokens that pass through the network for `passage`.
  public func cost(of passage: Passage) -> Int {
    queries([passage]).reduce(0) { $0 + $1.length }
  }

  /// The natural logarithms of the probabilities of the scored tokens of `passages`.
  ///
  /// - Parameters:
  ///   - passages: passages of ids in the vocabulary.
  ///   - progress: called with the number of newly scored tokens.
  /// - Returns: for every passage, a number for each of its scored tokens.
  /// - Throws: ``ConfigurationError`` for a passage longer than ``longestPassage``,
  ///   ``OutOfMemory``.
  public func logProbabilities(
    of passages: [Passage], progress: (_ scored: Int) -> Void = { _ in }
  ) throws -> [[Double]] {
    try measure(passages, progress: progress) { network, batch in
      network.losses(batch).map { -Double($0) }
    }
  }

  /// The natural logarithm of the probability of every token of a text.
  ///
  /// ``EvaluationProtocol/document`` without a prefix cuts a text longer than the context.
  ///
  /// - Parameter ids: ids in the vocabulary.
  /// - Returns: a number for each token; `nil` for the first token of a causal model and for the
  ///   special tokens of a masked model's sequences.
  /// - Throws: ``OutOfMemory``.
  public func logProbabilities(of ids: [Int32]) throws -> [Double?] {
    var cutter = PassageCutter(
      .document, objective: objective, contextLength: model.configuration.contextLength, prefix: nil
    )
    var passages: [Passage] = []
    cutter.append(ids) { passages.append($0) }
    cutter.finish { passages.append($0) }
    var result = [Double?](repeating: nil, count: ids.count)
    // The passages score one token after the other.
    var place = objective.attention.unpredictedCount
    var places: [[Int]] = []
    for index in passages.indices {
      let passage = passages[index]
      let kept = passage.scored.indices.filter { canScore(passage.ids[passage.scored[$0]]) }
      places.append(kept.map { place + $0 })
      passages[index].scored = kept.map { passage.scored[$0] }
      place += passage.scored.count
    }
    for (places, values) in zip(places, try logProbabilities(of: passages)) {
      for (place, value) in zip(places, values) { result[place] = value }
    }
    return result
  }

  /// The predictions of the scored tokens of `passages`: ``logProbabilities(of:progress:)``, and
  /// whether the tokens are the most probable ones.
  ///
  /// - Throws: as ``logProbabilities(of:progress:)``.
  public func predictions(
    of passages: [Passage], progress: (_ scored: Int) -> Void = { _ in }
  ) throws -> [[TokenPrediction]] {
    try measure(passages, progress: progress) { network, batch in
      var predictions: [TokenPrediction] = []
      network.forEachLogits(batch) { range, logits in
        for (row, prediction) in range.enumerated() {
          predictions.append(TokenPrediction(logits[row], target: batch.targets[prediction]))
        }
      }
      return predictions
    }
  }

  /// A sequence for the network: a passage, for a masked model with one scored token hidden.
  private struct Query {
    let passage: Int
    /// The range of the passage's scored tokens that it predicts.
    let asked: Range<Int>
    let length: Int
  }

  private func measure<Value>(
    _ passages: [Passage], progress: (Int) -> Void, _ values: (Network, Batch) -> [Value]
  ) throws -> [[Value]] {
    if let long = passages.first(where: { $0.ids.count > longestPassage }) {
      throw ConfigurationError(
        """
        A passage has \(long.ids.count.counting("token")); the model, whose context is \
        \(model.configuration.contextLength), takes at most \(longestPassage).
        """)
    }
    for passage in passages { try model.require(passage.ids) }
    // Equal passages are scored once: elsewhere in a batch the last bits could differ.
    var numbers: [Passage: Int] = [:]
    var unique: [Passage] = []
    let places = passages.map { passage in
      if let number = numbers[passage] { return number }
      numbers[passage] = unique.count
      unique.append(passage)
      return unique.count - 1
    }
    let found = try measure(unique: unique, progress: progress, values)
    return places.map { found[$0] }
  }

  private func measure<Value>(
    unique passages: [Passage], progress: (Int) -> Void,
    _ values: (Network, Batch) -> [Value]
  ) throws -> [[Value]] {
    let queries = queries(passages)
    var result = [[Value]](repeating: [], count: passages.count)
    var start = 0
    while start < queries.count {
      let length = queries[start].length
      let count = min(max(1, Self.tokensPerPass / length), queries.count - start)
      let group = queries[start..<start + count]
      let shape = BatchShape(sequences: count, context: length)
      let batch = batch(group, of: passages, shape)
      var found = values(try network(of: shape), batch)[...]
      for query in group {
        result[query.passage] += found.prefix(query.asked.count)
        found = found.dropFirst(query.asked.count)
      }
      progress(batch.predicted.count)
      start += count
    }
    return result
  }

  /// The sequences for `passages`, the longest first, those of a passage in order.
  private func queries(_ passages: [Passage]) -> [Query] {
    var queries: [Query] = []
    for (index, passage) in passages.enumerated() {
      guard let last = passage.scored.last else { continue }
      switch method {
      case .fromTokensBefore:
        queries.append(Query(passage: index, asked: passage.scored.indices, length: last))
      case .fromTokensAround(_, let vocabulary):
        let length = passage.ids.count + vocabulary.frame.tokenCount
        queries += passage.scored.indices.map {
          Query(passage: index, asked: $0..<$0 + 1, length: length)
        }
      }
    }
    return queries.sorted { a, b in
      if a.length != b.length { return a.length > b.length }
      return (a.passage, a.asked.lowerBound) < (b.passage, b.asked.lowerBound)
    }
  }

  private func batch(
    _ queries: ArraySlice<Query>, of passages: [Passage], _ shape: BatchShape
  ) -> Batch {
    var batch = Batch(sequences: shape.sequences, contextLength: shape.context)
    for query in queries {
      let passage = passages[query.passage]
      let places = passage.scored[query.asked]
      switch method {
      case .fromTokensBefore:
        for place in places { batch.predict(passage.ids[place], at: place - 1) }
        batch.append(passage.ids.prefix(query.length))
      case .fromTokensAround(let variant, let vocabulary):
        var ids = passage.ids
        for place in places {
          for hidden in variant.hidden(passage.ids, at: place, vocabulary) {
            ids[hidden] = vocabulary.roles.mask
          }
          batch.predict(passage.ids[place], at: vocabulary.frame.textStart + place)
        }
        batch.append(ids, in: vocabulary.frame)
      }
    }
    return batch
  }

  private func network(of shape: BatchShape) throws -> Network {
    if let network, network.shape == shape { return network }
    // The last network gives back its memory before the next one takes its own.
    network = nil
    let made = try Network(model, shape: shape, purpose: .inference, workers: workers)
    network = made
    return made
  }
}
