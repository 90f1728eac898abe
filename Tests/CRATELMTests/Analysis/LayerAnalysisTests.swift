import CRATELM
import Storage
import Testing

/// The measures of layers beside NumPy (`Tests/Fixtures/analysis/generate.py`) and beside direct
/// sums in double precision.
///
/// Products in single precision leave errors of about 10⁻⁶ of a rate; the bound is 10⁻⁵.
@Suite struct LayerAnalysisTests {
  private func sequences(_ golden: GoldenModel) -> [[Int32]] {
    [0, 1].map { Array(golden.batch.inputs[$0 * 13..<($0 + 1) * 13]) }
  }

  @Test(arguments: Architecture.allCases) func numPyAgrees(architecture: Architecture) throws {
    let file = try FileContents.read(Fixture.path("analysis/layers.json"))
    let expected = try #require(try JSONValue.parse(file).object?[architecture.rawValue])
    let golden = try GoldenModel(architecture, .causal)
    let found = try golden.model.analyzeLayers(of: sequences(golden), threads: 2)
    expectClose(found.layersJSON, expected, at: architecture.rawValue)
  }

  /// The same keys, and numbers that differ by rounding alone.
  ///
  /// A deviation has the error of its mean, a rate reduction that of the rates.
  private func expectClose(
    _ found: JSONValue, _ expected: JSONValue, at path: String, scale: Double = 0
  ) {
    if let object = expected.object {
      #expect(found.object?.keys.sorted() == object.keys.sorted(), "\(path)")
      let rate = object["coding_rate"]?.object?["mean"]?.double
      let scale = max(scale, abs(object["mean"]?.double ?? 0))
      for (key, value) in zip(object.keys, object.values) {
        let scale = key.hasSuffix("rate_reduction") ? rate ?? 0 : scale
        expectClose(found.object?[key] ?? .null, value, at: "\(path).\(key)", scale: scale)
      }
    } else if let array = expected.array {
      #expect(found.array?.count == array.count, "\(path)")
      for (index, value) in array.enumerated() {
        expectClose(found.array?[index] ?? .null, value, at: "\(path)[\(index)]")
      }
    } else if let number = expected.double {
      let value = found.double ?? .nan
      if path.hasSuffix("step_stability") {
        // An estimate from below, by a bounded number of iterations.
        #expect(value <= number * (1 + 1e-6) && value > 0.95 * number, "\(path): \(value)")
      } else {
        let bound = 1e-5 * max(abs(number), scale) + 1e-7
        #expect(abs(value - number) <= bound, "\(path): \(value), \(number)")
      }
    } else {
      #expect(found.isNull, "\(path)")
    }
  }

  /// Of masked models too, whose sequences lie on both sides of the width.
  @Test(arguments: Architecture.allCases, [(40, 16), (12, 24)])
  func directSumsAgree(architecture: Architecture, shape: (length: Int, width: Int)) throws {
    let model = try LanguageModel(
      ModelConfiguration(
        objective: .masked, architecture: architecture, depth: 2, width: shape.width, headCount: 2,
        contextLength: 48, vocabularySize: 61, activation: .relu), seed: 5)
    let sequences: [[Int32]] = (0..<3).map { sequence in
      (0..<shape.length).map { (token: Int) -> Int32 in
        Int32((sequence * 7 + token * token * 5) % 61)
      }
    }
    let found = try model.analyzeLayers(of: sequences, epsilon: 0.3, threads: 2)
    let naive = try NaiveLayers(model, sequences, epsilon: 0.3)
    for (layer, measures) in found.layers.enumerated() {
      for point in RatePoint.allCases {
        for form in RateForm.allCases {
          let whole = naive.rates(layer, point, form)
          expectClose(measures.codingRate[point, form], whole)
          let parts = naive.subspaceRates(layer, point, form)
          expectClose(measures.subspaceRate?[point, form], parts)
          expectClose(
            measures.rateReduction?[point, form], parts.isEmpty ? [] : zip(whole, parts).map(-))
        }
      }
      let attention: [(entropy: Double, selfShare: Double)] = naive.attention(layer)
      expectClose(measures.entropy, attention.map { $0.entropy })
      expectClose(measures.selfShare, attention.map { $0.selfShare })
      expectClose(measures.code?.nonzeroFraction, naive.nonzeroShares(layer))
    }
  }

  private func expectClose(_ found: Spread?, _ values: [Double]) {
    guard !values.isEmpty else {
      #expect(found == nil)
      return
    }
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
    let deviation = (squares / Double(values.count - 1)).squareRoot()
    let scale = values.map(abs).max() ?? 0
    #expect(abs((found?.mean ?? .nan) - mean) < 1e-5 * scale + 1e-6)
    #expect(abs((found?.deviation ?? .nan) - deviation) < 1e-5 * scale + 1e-6)
  }

  /// Any number of threads gives the same bits; passes of more sequences round products otherwise.
  @Test func bitsDependOnNothingElse() throws {
    let golden = try GoldenModel(.crateOvercomplete, .causal)
    let texts: [[Int32]] = (0..<700).map { text in
      (0..<13).map { (token: Int) -> Int32 in Int32((text * 31 + token * 7) % 61) }
    }
    let one = try golden.model.analyzeLayers(of: texts, threads: 1)
    var done: [Int] = []
    let three = try golden.model.analyzeLayers(of: texts, threads: 3) { done.append($0) }
    #expect(one == three)
    #expect(done == [315, 630, 700])
    // The mean of all is the mean of the halves.
    let halves = try [texts[..<350], texts[350...]].map {
      try golden.model.analyzeLayers(of: Array($0), threads: 1)
    }
    for layer in 0..<3 {
      let means = halves.compactMap { $0.layers[layer].codingRate[.after, .official]?.mean }
      let whole = try #require(one.layers[layer].codingRate[.after, .official]?.mean)
      #expect(abs(means[0] + means[1] - 2 * whole) < 1e-7 * whole)
    }
  }

  @Test func impossibleSequencesAreRefused() throws {
    let model = try GoldenModel(.crate, .causal).model
    for sequences in [[], [[]], [[1, 2], [1]], [[1, 61]], [[Int32](repeating: 1, count: 14)]] {
      #expect(throws: ConfigurationError.self) { try model.analyzeLayers(of: sequences) }
    }
  }

  /// Parameters that are no numbers give measures that are none.
  @Test func brokenModelsAreMeasured() throws {
    let golden = try GoldenModel(.crate, .causal)
    let slot = try #require(
      golden.model.layout.tensors.first { $0.name == "layers.1.attention.subspaces" }?.slot)
    golden.model.parameters.values[slot][0][0] = .nan
    let found = try golden.model.analyzeLayers(of: sequences(golden), threads: 1)
    #expect(found.layers[0].codingRate[.after, .official]?.mean.isFinite == true)
    #expect(found.layers[1].codingRate[.after, .official]?.mean.isNaN == true)
  }
}
