import CRATELM
import FoundationEssentials
import Testing

@Suite struct ObjectiveTests {
  /// Records and exports hold the name, as they did when there were no other parts.
  @Test func namesAreRecords() throws {
    #expect(Objective.allCases.map(\.rawValue) == ["causal", "masked"])
    for objective in Objective.allCases {
      let json = try JSONEncoder().encode([objective])
      #expect(String(decoding: json, as: UTF8.self) == "[\"\(objective)\"]")
      #expect(try JSONDecoder().decode([Objective].self, from: json) == [objective])
    }
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([Objective].self, from: Data("[\"other\"]".utf8))
    }
    #expect(Objective(rawValue: "Causal") == nil)
  }

  /// A sequence holds its frame, its text and padding, and is as long as the first two.
  @Test func framesStandAroundText() {
    var batch = Batch(sequences: 3, contextLength: 5)
    batch.append([7, 8])
    batch.append([7, 8], in: SequenceFrame(beginning: 1, end: 2, padding: 3))
    batch.append([7, 8, 9], in: SequenceFrame(end: 2, padding: 3))
    #expect(batch.inputs == [7, 8, 0, 0, 0, 1, 7, 8, 2, 3, 7, 8, 9, 2, 3])
    #expect(batch.lengths == [2, 4, 4])
  }

  /// A context has room for a token of text at least.
  @Test func contextsNeedRoom() throws {
    for (objective, least) in [(Objective.causal, 1), (.masked, 3)] {
      let model = try ModelConfiguration(
        objective: objective, depth: 1, width: 4, headCount: 1, contextLength: 8,
        vocabularySize: 20)
      let vocabulary = try MaskingVocabulary.forTests(size: 20)
      #expect(throws: ConfigurationError.self) {
        try model.examples(for: .validation, vocabulary: vocabulary, contextLength: least - 1)
      }
      let examples = try model.examples(
        for: .validation, vocabulary: vocabulary, contextLength: least)
      #expect(examples.contextLength == least)
      // Windows of one token each; the last token of a causal stream is only a target.
      #expect(examples.windowCount(of: 9) == (objective == .causal ? 8 : 9))
    }
  }
}
