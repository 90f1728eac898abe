import CRATELM
import Testing

/// How the protocols cut texts.
@Suite struct PassageCutterTests {
  /// The places of a passage, and how many of its last tokens are scored.
  private struct Cut: Equatable {
    let places: Range<Int>
    let scored: Int
  }

  /// The cuts of a text of `count` tokens 0, 1, 2 … that comes in pieces of `pieceLength`.
  private func cuts(
    of count: Int, _ evaluationProtocol: EvaluationProtocol, objective: Objective = .causal,
    context: Int, prefix: Int32? = nil, pieceLength: Int
  ) -> [Cut] {
    var cutter = PassageCutter(
      evaluationProtocol, objective: objective, contextLength: context, prefix: prefix)
    var cuts: [Cut] = []
    func add(_ passage: Passage) {
      let first = Int(passage.ids[0])
      // Consecutive tokens, of which the last ones are scored.
      #expect(passage.ids == (first..<first + passage.ids.count).map(Int32.init))
      #expect(passage.scored == Array(passage.ids.indices.suffix(passage.scored.count)))
      cuts.append(Cut(places: first..<first + passage.ids.count, scored: passage.scored.count))
    }
    // Twice, as two documents; the second must be cut as the first.
    for _ in 0..<2 {
      for start in stride(from: 0, to: count, by: pieceLength) {
        cutter.append(Int32(start)..<Int32(min(start + pieceLength, count)), add)
      }
      cutter.finish(add)
    }
    let half = cuts.count / 2
    #expect(cuts[..<half] == cuts[half...])
    return Array(cuts[..<half])
  }

  private func cuts(_ list: [(Int, Int, Int)]) -> [Cut] {
    list.map { Cut(places: $0.0..<$0.1, scored: $0.2) }
  }

  /// What lm-evaluation-harness 0.4.13 gives (`get_rolling_token_windows` with one token of context)
  /// for texts of n tokens after a prefix token and a longest sequence of L: the first place, the
  /// end and the number of scored tokens, place 0 being the prefix.
  @Test(arguments: [1, 3, 100]) func documentsFollowTheHarness(pieceLength: Int) {
    for (n, L, expected) in [
      (34, 10, [(0, 11, 10), (10, 21, 10), (20, 31, 10), (24, 35, 4)]),
      (10, 10, [(0, 11, 10)]), (11, 10, [(0, 11, 10), (1, 12, 1)]), (7, 10, [(0, 8, 7)]),
      (0, 10, []), (20, 10, [(0, 11, 10), (10, 21, 10)]),
      (5, 1, [(0, 2, 1), (1, 3, 1), (2, 4, 1), (3, 5, 1), (4, 6, 1)]),
      (13, 4, [(0, 5, 4), (4, 9, 4), (8, 13, 4), (9, 14, 1)]),
    ] as [(Int, Int, [(Int, Int, Int)])] {
      // Token −1 stands for the prefix, so that places are one more than tokens.
      let found = cuts(of: n, .document, context: L, prefix: -1, pieceLength: pieceLength)
      let shifted = expected.map { ($0.0 - 1, $0.1 - 1, $0.2) }
      #expect(found == cuts(shifted), "\(n) tokens, context \(L)")
      let bare = cuts(of: n + 1, .document, context: L, pieceLength: pieceLength)
      #expect(bare == cuts(expected), "\(n + 1) tokens without a prefix, context \(L)")
    }
  }

  /// The windows of transformers' guide to the perplexity of fixed-length models, for texts of n
  /// tokens, a longest sequence of L and a stride of S, and the labels of each that its shifted
  /// loss counts.
  @Test(arguments: [1, 3, 100]) func slidingFollowsTransformers(pieceLength: Int) {
    for (n, L, S, expected) in [
      (
        34, 10, 4,
        [
          (0, 10, 9), (4, 14, 4), (8, 18, 4), (12, 22, 4), (16, 26, 4), (20, 30, 4), (24, 34, 4),
        ]
      ),
      (10, 10, 5, [(0, 10, 9)]), (11, 10, 5, [(0, 10, 9), (5, 11, 1)]), (7, 10, 3, [(0, 7, 6)]),
      (1, 10, 5, []), (25, 10, 10, [(0, 10, 9), (10, 20, 9), (20, 25, 4)]),
      (6, 4, 1, [(0, 4, 3), (1, 5, 1), (2, 6, 1)]),
      (
        23, 6, 3,
        [
          (0, 6, 5), (3, 9, 3), (6, 12, 3), (9, 15, 3), (12, 18, 3), (15, 21, 3), (18, 23, 2),
        ]
      ),
    ] as [(Int, Int, Int, [(Int, Int, Int)])] {
      let found = cuts(
        of: n, .sliding(stride: S), context: L, prefix: 7, pieceLength: pieceLength)
      #expect(found == cuts(expected), "\(n) tokens, context \(L), stride \(S)")
    }
  }

  @Test(arguments: [1, 3, 100]) func chunksAreWhole(pieceLength: Int) {
    let found = cuts(of: 34, .chunk, context: 10, prefix: 7, pieceLength: pieceLength)
    #expect(found == cuts([(0, 11, 10), (10, 21, 10), (20, 31, 10)]))
    #expect(cuts(of: 10, .chunk, context: 10, pieceLength: pieceLength).isEmpty)
    #expect(cuts(of: 11, .chunk, context: 10, pieceLength: pieceLength) == cuts([(0, 11, 10)]))
  }

  /// A masked model has two places less, and scores the first token too.
  @Test(arguments: [1, 3, 100]) func maskedModels(pieceLength: Int) {
    func found(_ count: Int, _ evaluationProtocol: EvaluationProtocol) -> [Cut] {
      cuts(
        of: count, evaluationProtocol, objective: .masked, context: 12, prefix: 7,
        pieceLength: pieceLength)
    }
    #expect(found(23, .document) == cuts([(0, 10, 10), (10, 20, 10), (13, 23, 3)]))
    #expect(found(10, .document) == cuts([(0, 10, 10)]))
    #expect(found(3, .document) == cuts([(0, 3, 3)]))
    #expect(found(23, .chunk) == cuts([(0, 10, 10), (10, 20, 10), (20, 23, 3)]))
    #expect(
      found(23, .sliding(stride: 5))
        == cuts([(0, 10, 10), (5, 15, 5), (10, 20, 5), (15, 23, 3)]))
  }
}
