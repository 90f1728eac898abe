import CRATELM
import Testing

@Suite struct ScorerTests {
  /// The windows of lm-evaluation-harness' `get_rolling_token_windows` with a prefix token and one
  /// token of context, for ten tokens after the prefix and a context of four.
  @Test func windowsFollowTheHarness() {
    let windows = Scorer.windows(of: 11, contextLength: 4)
    #expect(
      windows == [
        Scorer.Window(inputs: 0..<4, scored: 1..<5), Scorer.Window(inputs: 4..<8, scored: 5..<9),
        Scorer.Window(inputs: 6..<10, scored: 9..<11),
      ])
    #expect(Scorer.windows(of: 1, contextLength: 4).isEmpty)
    #expect(
      Scorer.windows(of: 3, contextLength: 4) == [Scorer.Window(inputs: 0..<2, scored: 1..<3)])
  }

  /// Against the model in double precision, for texts shorter and longer than the context.
  @Test(arguments: [1, 2, 5, 6, 7, 20], [1, 3])
  func agreesWithDoublePrecision(count: Int, sequences: Int) throws {
    let model = try LanguageModel(
      ModelConfiguration(
        depth: 1, width: 12, headCount: 2, contextLength: 5, vocabularySize: 9), seed: 2)
    let ids = (0..<Int32(count)).map { $0 * 4 % 9 }
    let scorer = try Scorer(model: model, sequences: sequences, threads: 2)
    let found = scorer.logProbabilities(of: ids)
    #expect(found.count == count - 1)
    let reference = ReferenceModel(model)
    for window in Scorer.windows(of: count, contextLength: 5) {
      let logits = reference.logits(Array(ids[window.inputs]))
      for place in window.scored {
        let loss = Reference.loss(
          logits[place - 1 - window.inputs.lowerBound], target: Int(ids[place]))
        #expect(abs(found[place - 1] + loss) < 1e-5)
      }
    }
  }
}
