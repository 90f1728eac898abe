import CRATELM
import Storage
import Testing

/// Inner units as sums over tokens and units, and interventions.
@Suite struct UnitAttributionTests {
  private let ids: [Int32] = [7, 12, 60, 7, 33, 21, 9, 12]

  private static let withCodes = Architecture.allCases.filter { $0 != .attentionOnly }

  /// The terms add up to the pre-activation, whose positive part is the code.
  @Test(arguments: withCodes, Objective.allCases)
  func termsAddUpToThePreactivation(architecture: Architecture, objective: Objective) throws {
    let golden = try GoldenModel(architecture, objective)
    for (layer, unit, token) in [(0, 3, 7), (1, 8, 4), (2, 17, 7), (2, 5, 0)] {
      let address = UnitAddress(layer: layer, unit: unit)
      let found = try golden.model.attribute(address, at: token, of: ids, count: 6, threads: 2)
      let half = architecture == .transformer ? "mlp.hidden" : "ista.code"
      let recorded = try #require(
        try golden.model.activations(of: ids) { $0 == "layers.\(layer).\(half)" }.first)
      let activation = Double(recorded[token][recorded[token].startIndex + unit])
      let preactivation =
        architecture == .transformer ? found.preactivation : max(0, found.preactivation)
      #expect(abs(preactivation - activation) < 1e-5)

      let sum = found.contributions.reduce(found.remainder.total) { $0 + $1.value }
      #expect(abs(sum - found.preactivation) < 1e-5, "\(sum), \(found.preactivation)")
      #expect(found.tokens.count == (objective == .causal ? token + 1 : ids.count))
      #expect(found.contributions.allSatisfy { $0.token < found.tokens.count })
      #expect(found.contributions.count == (layer == 0 ? 0 : 6))
    }
  }

  /// By token, the sums are the products of gradient and input with all gates held: what remains of
  /// the sum is the constant.
  @Test(arguments: withCodes) func tokensAndConstantAddUp(architecture: Architecture) throws {
    let golden = try GoldenModel(architecture, .causal)
    let found = try golden.model.attribute(
      UnitAddress(layer: 0, unit: 3), at: 7, of: ids, threads: 1)
    let sum = found.tokens.reduce(found.remainder.bias, +)
    #expect(abs(sum - found.preactivation) < 1e-5)
    #expect(abs(found.remainder.stream - found.tokens.reduce(0, +)) < 1e-9)
  }

  /// A real effect is that of the model with the unit set to zero there, computed by an observer of
  /// the test's own.
  @Test(arguments: withCodes) func effectsAreReal(architecture: Architecture) throws {
    let golden = try GoldenModel(architecture, .causal)
    let address = UnitAddress(layer: 2, unit: 17)
    let found = try golden.model.attribute(address, at: 7, of: ids, count: 20, threads: 2)
    #expect(found.effects.count == 20)
    let role: ActivationRole = architecture == .transformer ? .hidden : .code
    func activation(without effect: UnitAttribution.Effect?) throws -> Double {
      var value = 0.0
      let recorder = Recorder { name, values in
        if let effect, name.layer == effect.address.layer, name.role == .code {
          values[effect.token][effect.address.unit] = 0
        }
        if name.layer == 2, name.role == role { value = Double(values[7][17]) }
      }
      let network = try Network(
        golden.model, shape: BatchShape(sequences: 1, context: ids.count), purpose: .inference,
        workers: .init(threads: 1), instruments: recorder)
      network.observe(Batch(inputs: ids, targets: ids, contextLength: ids.count))
      return value
    }
    let before = try activation(without: nil)
    for effect in found.effects {
      let after = try activation(without: effect)
      // Codes show the positive part alone.
      let real = found.preactivation + effect.real
      let expected = architecture == .transformer ? after - before + found.preactivation : after
      #expect(abs((role == .code ? max(0, real) : real) - expected) < 1e-5)
      #expect(abs(effect.predicted) >= abs(found.effects.last?.predicted ?? 0))
    }
    let correlation = try #require(found.correlation)
    #expect(correlation > 0.5 && correlation <= 1)
  }

  /// Interventions act where they are told to: a unit set to zero gives the logits that PyTorch has
  /// with it set to zero (`Tests/Fixtures/model/generate.py`).
  @Test(arguments: withCodes) func interventionsChangeUnits(architecture: Architecture) throws {
    let golden = try GoldenModel(architecture, .causal)
    let address = UnitAddress(layer: 1, unit: 8)
    func logits(_ instruments: any Instruments) throws -> [Float] {
      let network = try Network(
        golden.model, shape: golden.shape, purpose: .inference, workers: .init(threads: 2),
        instruments: instruments)
      var logits: [Float] = []
      network.forEachLogits(golden.batch) { logits += $1.elements }
      return logits
    }
    let fixture = try SafeTensorsReader(
      Fixture.path("model/\(golden.name)-activations.safetensors"))
    #expect(try Fixture.integers(fixture, "steered.layer") == [1])
    #expect(try Fixture.integers(fixture, "steered.unit") == [8])
    let all = Interventions([.ablation(of: address)])
    let expected = try logits(all)
    #expect(relativeError(expected, try fixture.floats(of: "steered.logits")) < 1e-5)
    #expect(all.positionCount == 26)
    let scaled = Interventions([Intervention(address, .scale(0))])
    #expect(try logits(scaled) == expected)
    let added = Interventions([Intervention(address, .add(0.5))], rows: 3..<4)
    #expect(try logits(added) != expected)
    #expect(added.positionCount == 1)
  }

  @Test func addressesAreParsed() {
    #expect(UnitAddress("3:17") == UnitAddress(layer: 3, unit: 17))
    for text in ["", "3", "3:", ":3", "-1:2", "1:2:3", "a:b", "1: 2"] {
      #expect(UnitAddress(text) == nil, "\(text)")
    }
  }

  @Test func impossibleUnitsAreRefused() throws {
    let model = try GoldenModel(.crate, .causal).model
    for (layer, unit) in [(3, 0), (0, 24)] {
      #expect(throws: ConfigurationError.self) {
        try model.attribute(UnitAddress(layer: layer, unit: unit), at: 0, of: ids)
      }
    }
    #expect(throws: ConfigurationError.self) {
      try model.attribute(UnitAddress(layer: 0, unit: 0), at: 8, of: ids)
    }
    let bare = try GoldenModel(.attentionOnly, .causal).model
    #expect(throws: ConfigurationError.self) {
      try bare.attribute(UnitAddress(layer: 0, unit: 0), at: 0, of: ids)
    }
  }
}
