import CRATELM
import Testing

/// Pseudo-log-likelihoods against the model in double precision, one hidden token at a time.
@Suite struct PseudoLikelihoodTests {
  private static let size = 20

  private let model: LanguageModel
  private let vocabulary: MaskingVocabulary

  init() throws {
    model = try LanguageModel(
      ModelConfiguration(
        objective: .masked, depth: 2, width: 12, headCount: 2, contextLength: 14,
        vocabularySize: Self.size), seed: 3)
    vocabulary = try .forTests(size: Self.size)
  }

  /// Words of one, three and two tokens: 6, 9, 12, 15 and 18 continue one.
  private let sentence: [Int32] = [7, 8, 9, 12, 10, 15]

  private func scorer(_ variant: PseudoLikelihood) throws -> Scorer {
    try Scorer(model: model, vocabulary: vocabulary, pseudoLikelihood: variant, threads: 2)
  }

  /// log P of the token `ids[place]` of the sequence `masked` between the tokens around it.
  private func log(_ masked: [Int32], _ ids: [Int32], at place: Int) -> Double {
    let logits = ReferenceModel(model).logits([1] + masked + [2])
    return -Reference.crossEntropy(logits[place + 1], target: Int(ids[place]))
  }

  /// The sequences written out by hand: M is the mask, 3.
  @Test func bothVariantsByHand() throws {
    let M: Int32 = 3
    let hidden: [PseudoLikelihood: [[Int32]]] = [
      .original: [
        [M, 8, 9, 12, 10, 15], [7, M, 9, 12, 10, 15], [7, 8, M, 12, 10, 15],
        [7, 8, 9, M, 10, 15], [7, 8, 9, 12, M, 15], [7, 8, 9, 12, 10, M],
      ],
      .withinWord: [
        [M, 8, 9, 12, 10, 15], [7, M, M, M, 10, 15], [7, 8, M, M, 10, 15],
        [7, 8, 9, M, 10, 15], [7, 8, 9, 12, M, M], [7, 8, 9, 12, 10, M],
      ],
    ]
    for variant in PseudoLikelihood.allCases {
      let found = try scorer(variant).logProbabilities(of: sentence)
      let sequences = try #require(hidden[variant])
      for (place, masked) in sequences.enumerated() {
        let expected = log(masked, sentence, at: place)
        #expect(abs(try #require(found[place]) - expected) < 1e-5, "\(variant), place \(place)")
      }
    }
    #expect(
      try scorer(.original).logProbabilities(of: sentence)
        != scorer(.withinWord).logProbabilities(of: sentence))
  }

  /// Many texts in one call are what each is alone, up to the order of sums in products.
  @Test(arguments: PseudoLikelihood.allCases) func batchesChangeNothing(
    variant: PseudoLikelihood
  ) throws {
    var generator = SplitMix64(seed: 9)
    let passages = (0..<120).map { _ in
      let ids = (0..<1 + generator.integer(below: 12)).map { _ in
        Int32(6 + generator.integer(below: Self.size - 6))
      }
      return Passage(ids: ids, scored: Array(ids.indices))
    }
    let scorer = try scorer(variant)
    let together = try scorer.logProbabilities(of: passages)
    for (passage, found) in zip(passages, together) {
      for place in passage.ids.indices {
        var masked = passage.ids
        var end = place + 1
        while variant == .withinWord, end < masked.count, masked[end].isMultiple(of: 3) { end += 1 }
        for hidden in place..<end { masked[hidden] = 3 }
        #expect(abs(found[place] - log(masked, passage.ids, at: place)) < 1e-5)
      }
    }
  }

  /// Beyond the context the last window is moved back; tokens with a part of their own have no
  /// score, other special ones such as the unknown token do.
  @Test func longTextsAndSpecialTokens() throws {
    let ids: [Int32] = (0..<17).map { 6 + $0 * 5 % 14 }
    let found = try scorer(.original).logProbabilities(of: ids)
    for place in ids.indices {
      let window = place < 12 ? 0..<12 : 5..<17
      var masked = Array(ids[window])
      let local = place - window.lowerBound
      masked[local] = 3
      let expected = log(masked, Array(ids[window]), at: local)
      #expect(abs(try #require(found[place]) - expected) < 1e-5)
    }
    let special = try scorer(.withinWord).logProbabilities(of: [7, 2, 4, 3, 0, 1, 8])
    #expect(special.map { $0 == nil } == [false, true, false, true, true, true, false])
  }

  @Test func aVocabularyIsNeeded() throws {
    for vocabulary in [nil, try MaskingVocabulary.forTests(size: Self.size + 1)] {
      #expect(throws: ConfigurationError.self) {
        try Scorer(model: model, vocabulary: vocabulary, threads: 1)
      }
    }
  }
}
