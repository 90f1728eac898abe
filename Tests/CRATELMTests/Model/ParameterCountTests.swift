import CRATELM
import Testing

@Suite struct ParameterCountTests {
  /// `Vd + L(3d² + 5d)` and the positions `Td`: 59,913,216 + 786,432 for the published base model
  /// and 241,566,720 + 1,310,720 for the large one, at 50,304 entries.
  @Test(arguments: [(ModelPreset.base, 60_699_648), (.large, 242_877_440)])
  func publishedCounts(preset: ModelPreset, count: Int) throws {
    let configuration = try ModelConfiguration(
      depth: preset.depth, width: preset.width, headCount: preset.headCount,
      contextLength: preset.contextLength, vocabularySize: 50_304)
    #expect(LanguageModel.parameterCount(configuration) == count)
  }

  @Test func impossibleShapesAreRefused() {
    #expect(throws: ConfigurationError.self) {
      try ModelConfiguration(
        depth: 2, width: 100, headCount: 3, contextLength: 8, vocabularySize: 10)
    }
    #expect(throws: ConfigurationError.self) {
      try ModelConfiguration(
        depth: 0, width: 12, headCount: 3, contextLength: 8, vocabularySize: 10)
    }
  }
}
