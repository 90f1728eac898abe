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

  /// `Vd + 512d + 2d + 2d + L(3d² + 4d) + (d² + d + 2d + V)`: CRATE-BERT Medium, Base and Large with
  /// 50,265 entries, published as 33, 60.9 and 129 million.
  @Test(arguments: [(512, 8, 8, 32_621_657), (768, 12, 12, 60_912_729), (1024, 24, 16, 128_697_433)])
  func publishedMaskedCounts(width: Int, depth: Int, heads: Int, count: Int) throws {
    let configuration = try ModelConfiguration(
      objective: .masked, depth: depth, width: width, headCount: heads, contextLength: 512,
      vocabularySize: 50_265)
    #expect(LanguageModel.parameterCount(configuration) == count)
  }

  @Test func impossibleShapesAreRefused() {
    #expect(throws: ConfigurationError.self) {
      try ModelConfiguration(
        objective: .masked, depth: 2, width: 12, headCount: 3, contextLength: 2, vocabularySize: 10)
    }
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
