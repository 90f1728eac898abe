import CRATELM
import Testing

@Suite struct ParameterCountTests {
  /// Counts without positions that the papers give, at 50,304 entries.
  ///
  /// `crate`: `Vd + L(3d² + 5d)`, 60M and 242M; `crate-overcomplete`: `Vd + L(6d² + 5d) + 2d`, 6.54M
  /// with one layer of 128 to 81.2M; `crate-alpha`: `Vd + L(10d² + 4d) + 2d`, 57M with 12 layers of
  /// 512; `transformer`: `Vd + L(12d² + 13d) + 2d`, GPT-2's 124M.
  @Test(
    arguments: [
      (Architecture.crate, 12, 768, 59_913_216), (.crate, 36, 1280, 241_566_720),
      (.crateOvercomplete, 1, 128, 6_538_112), (.crateOvercomplete, 2, 128, 6_637_056),
      (.crateOvercomplete, 3, 128, 6_736_000), (.crateOvercomplete, 6, 768, 59_891_712),
      (.crateOvercomplete, 12, 768, 81_148_416), (.crateAlpha, 12, 512, 57_238_528),
      (.crateAlpha, 12, 768, 109_450_752), (.transformer, 12, 768, 123_689_472),
    ])
  func publishedCounts(architecture: Architecture, depth: Int, width: Int, count: Int) throws {
    let configuration = try ModelConfiguration(
      architecture: architecture, depth: depth, width: width, headCount: 4, contextLength: 1024,
      vocabularySize: 50_304)
    #expect(LanguageModel.parameterCount(configuration) == count + 1024 * width)
  }

  /// The shapes of the presets, with positions.
  @Test(
    arguments: [
      (ModelPreset.small, 50_059_776), (.base, 60_699_648), (.large, 242_877_440),
    ])
  func causalPresets(preset: ModelPreset, count: Int) throws {
    let shape = preset.shape(for: .causal)
    let configuration = try ModelConfiguration(
      depth: shape.depth, width: shape.width, headCount: shape.headCount,
      contextLength: shape.contextLength, vocabularySize: 50_304)
    #expect(LanguageModel.parameterCount(configuration) == count)
  }

  /// `Vd + 512d + 2d + 2d + L(3d² + 4d) + (d² + d + 2d + V)`: CRATE-BERT Medium, Base and Large with
  /// 50,265 entries, published as 33, 60.9 and 129 million.
  @Test(arguments: [
    (512, 8, 8, 32_621_657), (768, 12, 12, 60_912_729), (1024, 24, 16, 128_697_433),
  ])
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
