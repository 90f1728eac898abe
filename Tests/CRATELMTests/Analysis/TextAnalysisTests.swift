import CRATELM
import Storage
import Testing

/// Predictions taken apart: sums that add up, beside the model itself.
///
/// Sums in double precision of activations in single precision differ from a logit by rounding; the
/// bound is 10⁻⁵ of the logit's scale, at least 1.
@Suite struct TextAnalysisTests {
  private let ids: [Int32] = [7, 12, 60, 7, 33, 21, 9, 12]

  private func options(_ contributions: Int) -> TextAnalysisOptions {
    var options = TextAnalysisOptions()
    (options.contributions, options.threads) = (contributions, 2)
    return options
  }

  private func analysis(
    _ golden: GoldenModel, contributions: Int = 20
  ) throws -> TextAnalysis {
    try golden.model.analyzeText(
      ids, vocabulary: .forTests(size: 61), options: options(contributions))
  }

  @Test(arguments: Architecture.allCases, Objective.allCases)
  func termsAddUpToTheLogit(architecture: Architecture, objective: Objective) throws {
    let golden = try GoldenModel(architecture, objective)
    let whole = try analysis(golden)
    #expect(whole.tokens.count == (objective == .causal ? ids.count + 1 : ids.count))
    for entry in whole.tokens.compactMap(\.self) {
      let sum = entry.contributions.reduce(entry.remainder.total) { $0 + $1.value }
      #expect(abs(sum - entry.logit) < 1e-5 * max(1, abs(entry.logit)), "\(sum), \(entry.logit)")
    }
    // A shorter list leaves more to the remainder, and nothing else.
    for (short, long) in zip(try analysis(golden, contributions: 3).tokens, whole.tokens) {
      guard let short, let long else { continue }
      #expect(short.contributions == Array(long.contributions.prefix(3)))
      let moved = long.contributions.dropFirst(3).reduce(0) { $0 + $1.value }
      #expect(abs(short.remainder.omitted - long.remainder.omitted - moved) < 1e-9)
      #expect(short.remainder.bias == long.remainder.bias)
      #expect(short.remainder.stream == long.remainder.stream)
    }
  }

  /// In `crate` the terms are Y_L[t, j]·E[v, j], and nothing remains.
  @Test func crateHasNoNormAndNoBias() throws {
    let golden = try GoldenModel(.crate, .causal)
    let found = try analysis(golden, contributions: 24)
    let code = try #require(
      try golden.model.activations(of: ids) { $0 == "layers.2.ista.code" }.first)
    let E = try #require(golden.model.parameter("token_embedding"))
    for (index, entry) in found.tokens.enumerated() {
      guard let entry else { continue }
      #expect(entry.remainder.total == 0)
      let active = code[index - 1].count { $0 > 0 }
      #expect(entry.contributions.count == active)
      for term in entry.contributions {
        guard case .unit(let unit) = term.source else { continue }
        let row = code[index - 1]
        let expected =
          Double(row[row.startIndex + unit.unit])
          * Double(E[Int(entry.id)][E[Int(entry.id)].startIndex + unit.unit])
        #expect(unit.layer == 2 && term.token == index - 1)
        #expect(abs(term.value - expected) < 1e-12)
      }
    }
  }

  /// Losses and logits are those of the model; the last lens is no lens.
  @Test(arguments: Architecture.allCases) func predictionsAreTheModels(architecture: Architecture)
    throws
  {
    let golden = try GoldenModel(architecture, .causal)
    let found = try analysis(golden)
    let logits = try golden.model.logits(of: ids, threads: 1)
    #expect(found.tokens[0] == nil)
    for position in ids.indices {
      let row = logits[position].map(Double.init)
      let entry = try #require(found.tokens[position + 1])
      let likeliest = try #require(row.indices.max { row[$0] < row[$1] })
      #expect(entry.layers.count == 3 && entry.layers.allSatisfy { $0.count == 3 })
      #expect(Int(entry.layers[2][0].id) == likeliest)
      let probabilities = Reference.softmax(row)
      #expect(abs(entry.layers[2][0].probability - probabilities[likeliest]) < 1e-5)
      if position + 1 < ids.count {
        #expect(entry.id == ids[position + 1])
        let loss = Reference.crossEntropy(row, target: Int(entry.id))
        #expect(abs((entry.loss ?? .nan) - loss) < 1e-5)
      } else {
        #expect(entry.loss == nil && Int(entry.id) == likeliest)
      }
    }
  }

  /// The lens on an inner layer is the final norm and the head on its output.
  @Test(arguments: Architecture.allCases) func lensIsTheHeadAnew(architecture: Architecture) throws
  {
    let golden = try GoldenModel(architecture, .causal)
    let found = try analysis(golden)
    let names = ["layers.0.ista.code", "layers.0.ista.output", "layers.0.mlp.output"]
    let all = try golden.model.activations(of: ids) {
      names.contains($0) || $0 == "layers.0.attention.output"
    }
    let output = try #require(
      architecture == .crateOvercomplete || architecture == .crateAlpha
        ? all.first { $0.name.hasSuffix("ista.output") } : all.last)
    func parameter(_ name: String) -> [Double]? {
      golden.model.parameter(name).map { $0.values.map(Double.init) }
    }
    var X = ids.indices.map { output[$0].map(Double.init) }
    if let gain = parameter("final_norm.gain"), let bias = parameter("final_norm.bias") {
      X = Reference.layerNorm(
        X, gain: gain, bias: bias, epsilon: architecture == .crateAlpha ? 1e-6 : 1e-5)
    }
    let E = Reference.rows(parameter("token_embedding") ?? [], 24)
    for (position, z) in Reference.dense(X, E).enumerated() {
      let probabilities = Reference.softmax(z)
      for candidate in found.tokens[position + 1]?.layers[0] ?? [] {
        #expect(abs(candidate.probability - probabilities[Int(candidate.id)]) < 1e-5)
      }
    }
  }

  /// A token that a masked model predicts is hidden from it: another one in its place changes its
  /// logits by nothing.
  @Test func maskedTokensAreHidden() throws {
    let golden = try GoldenModel(.crate, .masked)
    var others = ids
    others[3] = 44
    let vocabulary = try MaskingVocabulary.forTests(size: 61)
    let one = try golden.model.analyzeText(ids, vocabulary: vocabulary, options: options(5))
    let two = try golden.model.analyzeText(others, vocabulary: vocabulary, options: options(5))
    #expect(one.tokens[3]?.layers == two.tokens[3]?.layers)
    #expect(one.tokens[2]?.layers != two.tokens[2]?.layers)
  }

  @Test func threadsChangeNoBit() throws {
    let golden = try GoldenModel(.crateAlpha, .causal)
    var one = options(9)
    one.threads = 1
    #expect(
      try golden.model.analyzeText(ids, options: one)
        == golden.model.analyzeText(ids, options: options(9)))
  }

  @Test func impossibleTextsAreRefused() throws {
    let causal = try GoldenModel(.crate, .causal).model
    for ids in [[], [61], [Int32](repeating: 1, count: 14)] {
      #expect(throws: ConfigurationError.self) { try causal.analyzeText(ids) }
    }
    let masked = try GoldenModel(.crate, .masked).model
    #expect(throws: ConfigurationError.self) { try masked.analyzeText(ids) }
    let vocabulary = try MaskingVocabulary.forTests(size: 61)
    #expect(throws: ConfigurationError.self) {
      try masked.analyzeText([Int32](repeating: 9, count: 12), vocabulary: vocabulary)
    }
  }
}
