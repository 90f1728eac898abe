import CRATELM
import Testing

@Suite struct ScorerTests {
  private func causal(context: Int) throws -> LanguageModel {
    try LanguageModel(
      ModelConfiguration(
        depth: 1, width: 12, headCount: 2, contextLength: context, vocabularySize: 9), seed: 2)
  }

  /// log P of the token at each of `places` of `ids` by the causal `reference`.
  private func logs(_ reference: ReferenceModel, _ ids: [Int32], _ places: [Int]) -> [Double] {
    let logits = reference.logits(ids.dropLast())
    return places.map { -Reference.crossEntropy(logits[$0 - 1], target: Int(ids[$0])) }
  }

  /// Against the model in double precision, for texts shorter and longer than the context.
  @Test(arguments: [2, 5, 6, 7, 20]) func agreesWithDoublePrecision(count: Int) throws {
    let model = try causal(context: 5)
    let ids = (0..<Int32(count)).map { $0 * 4 % 9 }
    let found = try Scorer(model: model, threads: 2).logProbabilities(of: ids)
    #expect(found.count == count)
    #expect(found[0] == nil)
    let reference = ReferenceModel(model)
    for place in 1..<count {
      // The window that scores it: five predictions from 1 on, the last window moved back.
      let end = min((place - 1) / 5 * 5 + 6, count)
      let start = max(0, end - 6)
      let expected = logs(reference, Array(ids[start..<end]), [place - start])
      #expect(abs(try #require(found[place]) - expected[0]) < 1e-5)
    }
  }

  @Test func oneTokenHasNoScore() throws {
    let scorer = try Scorer(model: causal(context: 5), threads: 1)
    #expect(try scorer.logProbabilities(of: [3]) == [nil])
    #expect(try scorer.logProbabilities(of: [] as [Int32]).isEmpty)
  }

  /// Passages of many lengths, more than pass at once, come back in their order.
  @Test func passagesKeepTheirOrder() throws {
    let model = try causal(context: 40)
    let scorer = try Scorer(model: model, threads: 2)
    var generator = SplitMix64(seed: 4)
    let passages = (0..<300).map { _ in
      let ids = (0..<1 + generator.integer(below: 41)).map { _ in
        Int32(generator.integer(below: 9))
      }
      return Passage(
        ids: ids, scored: ids.indices.filter { $0 > 0 && generator.integer(below: 2) == 0 })
    }
    var progress = 0
    let found = try scorer.logProbabilities(of: passages) { progress += $0 }
    #expect(progress == Set(passages).reduce(0) { $0 + $1.scored.count })
    for (index, passage) in passages.enumerated() {
      // Equal passages have equal bits.
      let first = try #require(passages.firstIndex(of: passage))
      #expect(found[index] == found[first])
    }
    let predictions = try scorer.predictions(of: passages)
    let reference = ReferenceModel(model)
    for (index, passage) in passages.enumerated() {
      let expected =
        passage.scored.isEmpty ? [] : logs(reference, passage.ids, passage.scored)
      #expect(found[index].count == expected.count)
      #expect(zip(found[index], expected).allSatisfy { abs($0 - $1) < 2e-5 })
      #expect(predictions[index].count == expected.count)
      #expect(
        zip(predictions[index], expected).allSatisfy { abs($0.logProbability - $1) < 2e-5 })
    }
    #expect(throws: ConfigurationError.self) {
      try scorer.logProbabilities(of: [
        Passage(ids: [Int32](repeating: 1, count: 42), scored: [1])
      ])
    }
  }

  @Test func greedyIsTheLargestLogit() throws {
    let model = try causal(context: 12)
    let reference = ReferenceModel(model)
    let ids: [Int32] = [1, 5, 2, 8, 0, 3]
    let logits = reference.logits(ids)
    let last = logits[5]
    let best = Int32(try #require(last.indices.max { last[$0] < last[$1] }))
    let scorer = try Scorer(model: model, threads: 1)
    for target in 0..<Int32(9) {
      let found = try scorer.predictions(of: [Passage(ids: ids + [target], scored: [6])])
      #expect(found[0][0].isGreedy == (target == best))
    }
  }

  @Test func suffixesKeepTheLastTokens() {
    let passage = Passage(ids: [1, 2, 3, 4], scored: [1, 3])
    #expect(passage.suffix(2) == Passage(ids: [3, 4], scored: [1]))
    #expect(passage.suffix(9) == passage)
  }
}
