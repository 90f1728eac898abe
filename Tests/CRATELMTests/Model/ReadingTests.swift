import CRATELM
import Storage
import Testing

/// What anyone can read of a model, beside PyTorch (`Tests/Fixtures/model/generate.py`).
@Suite struct ReadingTests {
  @Test(arguments: Architecture.allCases) func logitsAndActivations(architecture: Architecture)
    throws
  {
    let golden = try GoldenModel(architecture, .causal)
    let expected = try SafeTensorsReader(
      Fixture.path("model/\(golden.name)-activations.safetensors"))
    let context = golden.batch.contextLength
    let ids = Array(golden.batch.inputs.prefix(context))

    let name = golden.model.parameterNames[0]
    let parameter = try #require(golden.model.parameter(name))
    #expect(parameter.values.count == parameter.shape.reduce(1, *))
    #expect(golden.model.parameter("no such") == nil)

    let found = try golden.model.activations(of: ids, threads: 2) {
      $0.hasPrefix("layers.0.attention")
    }
    for values in found {
      let reference = try expected.floats(of: "activation.\(values.name)")
      let start = (values.head ?? 0) * values.values.count
      let part = Array(reference[start..<start + values.values.count])
      #expect(relativeError(values.values, part) < 1e-5, "\(values.name)")
    }
    #expect(found.compactMap(\.head) == Array(0..<golden.model.configuration.headCount))

    let logits = try golden.model.logits(of: ids, threads: 1)
    #expect(logits.shape == [context, golden.model.configuration.vocabularySize])
    let reference = try golden.golden.floats(of: "logits").prefix(logits.values.count)
    #expect(relativeError(logits.values, Array(reference)) < 1e-5)
  }

  @Test(arguments: [[], [1, -1], [1, 1_000_000], [Int32](repeating: 1, count: 10_000)])
  func impossibleTextsAreRefused(ids: [Int32]) throws {
    let golden = try GoldenModel(.crate, .causal)
    #expect(throws: ConfigurationError.self) { try golden.model.logits(of: ids) }
  }

  /// No public way to a model reads beyond its tables.
  @Test func idsBeyondTheVocabularyAreRefused() throws {
    let causal = try GoldenModel(.crate, .causal).model
    let scorer = try Scorer(model: causal, threads: 1)
    #expect(throws: ConfigurationError.self) { try scorer.logProbabilities(of: [1, 61]) }
    #expect(throws: ConfigurationError.self) {
      try MaskingVocabulary(
        vocabularySize: 61, roles: .init(mask: 61, beginning: 0, end: 1, padding: 2), special: [],
        unused: [], continuing: [])
    }
    let vocabulary = try MaskingVocabulary(
      vocabularySize: 61, roles: .init(mask: 4, beginning: 0, end: 1, padding: 2), special: [],
      unused: [], continuing: [])
    let filler = try MaskFiller(
      model: GoldenModel(.crate, .masked).model, vocabulary: vocabulary, threads: 1)
    #expect(throws: ConfigurationError.self) { try filler.fill([4, -1], count: 1) }
  }
}
