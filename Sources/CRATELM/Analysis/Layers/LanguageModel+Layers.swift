// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Parallel
import Storage

extension LanguageModel {
  /// The tokens that pass through the network at once in an analysis.
  static let analyzedTokensAtOnce = 4096

  /// Measures every layer on `sequences`.
  ///
  /// - Parameters:
  ///   - sequences: texts of one length; for a masked model, with the special tokens of its frame.
  ///   - epsilon: ε of coding rates.
  ///   - threads: the number of threads, which changes no bit; `nil` for one per processor.
  ///   - progress: called with the number of sequences done.
  /// - Returns: the measures.
  /// - Throws: ``ConfigurationError`` for no sequences, different lengths, more ids than the
  ///   context or an id outside the vocabulary; ``OutOfMemory``.
  public func analyzeLayers(
    of sequences: [[Int32]], epsilon: Double = LayerAnalysis.publishedEpsilon,
    threads: Int? = nil, progress: (_ done: Int) -> Void = { _ in }
  ) throws -> LayerAnalysis {
    let length = sequences.first?.count ?? 0
    try requireSequences(sequences, length)
    let workers = Workers(threads: try Workers.count(threads))
    parameters.foldOnce { fold(workers: workers) }
    let atOnce = min(sequences.count, max(1, Self.analyzedTokensAtOnce / length))
    let shape = BatchShape(sequences: atOnce, context: length)
    let observer = try LayerObserver(self, shape: shape, epsilon: epsilon, workers: workers)
    func makeNetwork(_ sequences: Int) throws(OutOfMemory) -> Network {
      try Network(
        self, shape: BatchShape(sequences: sequences, context: length), purpose: .inference,
        workers: workers, instruments: observer)
    }
    var network = try makeNetwork(atOnce)
    for first in stride(from: 0, to: sequences.count, by: atOnce) {
      let part = sequences[first..<min(first + atOnce, sequences.count)]
      if part.count < atOnce { network = try makeNetwork(part.count) }
      var batch = Batch(sequences: part.count, contextLength: length)
      for ids in part { batch.append(ids) }
      network.observe(batch)
      progress(first + part.count)
    }
    return LayerAnalysis(
      layers: try (0..<configuration.depth).map { layer in
        try measures(of: layer, observer, tokenCount: sequences.count * length, workers)
      }, sequences: sequences.count, sequenceLength: length, epsilon: epsilon,
      sparsityPenalty: configuration.architecture.hasISTA
        ? Double(configuration.sparsityPenalty) : nil)
  }

  private func requireSequences(_ sequences: [[Int32]], _ length: Int) throws(ConfigurationError) {
    guard (1...configuration.contextLength).contains(length),
      sequences.allSatisfy({ $0.count == length })
    else {
      throw ConfigurationError(
        """
        \(sequences.count.counting("sequence")) with \(length.counting("token")) in the first; \
        expected at least one, all of one length from 1 to \(configuration.contextLength), the \
        model's context.
        """)
    }
    for ids in sequences { try require(ids) }
  }

  private func measures(
    of layer: Int, _ observer: LayerObserver, tokenCount: Int, _ workers: Workers
  ) throws(OutOfMemory) -> LayerMeasures {
    let samples = observer.samples[layer]
    let codeWidth = samples.firings.count
    var sparse: [RateForm: Spread] = [:]
    if configuration.architecture.hasISTA {
      for form in RateForm.allCases {
        sparse[form] = samples.sparseReduction(
          form, sparsityPenalty: Double(configuration.sparsityPenalty), width: codeWidth
        ).flatMap(Spread.init)
      }
    }
    let subspaces = try subspaces(ofLayer: layer, observer, workers)
    return LayerMeasures(
      codingRate: samples.rates { samples.values[.rate($0, $1)] },
      subspaceRate: subspaces.map { _ in samples.rates { samples.values[.subspaceRate($0, $1)] } },
      rateReduction: subspaces.map { _ in samples.rates(samples.reduction) },
      sparseRateReduction: sparse.isEmpty ? nil : sparse,
      code: samples.code(tokenCount: tokenCount), subspaces: subspaces,
      dictionary: try dictionary(ofLayer: layer, observer, workers),
      entropy: samples.spread(.entropy),
      selfShare: samples.spread(.selfShare),
      tokenNorm: Dictionary(
        uniqueKeysWithValues: RatePoint.allCases.compactMap { point in
          samples.spread(.tokenNorm(point)).map { (point, $0) }
        }))
  }

  private func subspaces(
    ofLayer layer: Int, _ observer: LayerObserver, _ workers: Workers
  ) throws(OutOfMemory) -> LayerMeasures.Subspaces? {
    guard let slot = observer.plan.layers[layer].subspaces else { return nil }
    let (p, d) = (configuration.headWidth, configuration.width)
    let overlaps = try SubspaceGeometry.overlaps(parameters.values[slot], headWidth: p)
    let moments = observer.secondMoments(ofLayer: layer)
    let ranks = SharedDoubles(count: moments.count)
    workers.forEach(moments.count) { head, _ in
      ranks[head] = SubspaceGeometry.effectiveRank(moments[head]) ?? 0
    }
    return LayerMeasures.Subspaces(
      overlap: Spread(overlaps), randomOverlap: Double(p) / Double(d),
      effectiveRank: Spread(moments.indices.map { ranks[$0] }.filter { $0 > 0 }))
  }

  private func dictionary(
    ofLayer layer: Int, _ observer: LayerObserver, _ workers: Workers
  ) throws(OutOfMemory) -> LayerMeasures.Dictionary? {
    guard let slot = observer.plan.layers[layer].dictionary,
      let stability = blueprint.declarations.dictionaries.first(where: { $0.layer == layer })
    else { return nil }
    // One step from LN(X′) itself decodes by Dᵀ, whose atoms are the columns of D; the two steps of
    // an overcomplete code decode by V, whose atoms are its rows.
    let D = parameters.values[slot]
    let isComplete = D.rows == D.columns
    let coherence = try DictionaryGeometry.coherence(
      D, atomsAreColumns: isComplete, workers: workers)
    return coherence.spread.map {
      LayerMeasures.Dictionary(
        coherence: $0, largestCoherence: coherence.largest,
        welchBound: DictionaryGeometry.welchBound(atoms: D.rows, width: D.columns),
        stepStability: stability.stability.value(parameters))
    }
  }
}
