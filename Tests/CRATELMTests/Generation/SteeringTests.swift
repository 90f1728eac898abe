import CRATELM
import Parallel
import Storage
import Testing

/// Texts written with units changed.
@Suite struct SteeringTests {
  private static let withCodes = Architecture.allCases.filter { $0 != .attentionOnly }
  private let changes = [
    Intervention(UnitAddress(layer: 1, unit: 8), .set(0.7)),
    Intervention(UnitAddress(layer: 0, unit: 3), .add(0.5)),
    Intervention(UnitAddress(layer: 2, unit: 17), .scale(-1.5)),
  ]
  private let prompt: [Int32] = [7, 12, 60, 7, 33]

  /// A text, and the log-probabilities of all ids at each of its written tokens.
  private struct Written {
    var ids: [Int32]
    var logProbabilities: [[Double]]
    var positionCount: Int
  }

  /// The most probable text.
  private func write(
    _ model: LanguageModel, _ count: Int, _ steering: Steering?, after prompt: [Int32]? = nil,
    threads: Int = 2
  ) throws -> Written {
    let decoder = try BatchDecoder(model: model, capacity: 1, threads: threads, steering: steering)
    var configuration = GenerationConfiguration(
      maximumTokens: count, sampling: try SamplingConfiguration(temperature: 0), seed: 1)
    configuration.alternativeCount = model.configuration.vocabularySize
    let draft = try decoder.begin(after: prompt ?? self.prompt, configuration)
    var written = Written(ids: [], logProbabilities: [], positionCount: 0)
    while draft.finishReason == nil {
      let token = try decoder.advance([draft])[0]
      let judged = try #require(token.judgement).alternatives.sorted { $0.id < $1.id }
      written.logProbabilities.append(judged.map(\.logProbability))
    }
    written.ids = draft.ids
    written.positionCount = decoder.steeredPositionCount
    return written
  }

  private func logProbabilities(_ logits: [Double]) -> [Double] {
    logits.indices.map { -Reference.crossEntropy(logits, target: $0) }
  }

  /// The changes in a model in double precision, from a place on.
  private func reference(_ golden: GoldenModel, from first: Int) -> ReferenceModel {
    var reference = ReferenceModel(golden.model)
    reference.steer = { [changes] name, code in
      code.enumerated().map { place, row in
        var row = row
        for change in changes
        where place >= first && name.hasPrefix("layers.\(change.address.layer).") {
          let value = row[change.address.unit]
          row[change.address.unit] =
            switch change.change {
            case .set(let new): Double(new)
            case .add(let term): value + Double(term)
            case .scale(let factor): value * Double(factor)
            }
        }
        return row
      }
    }
    return reference
  }

  /// Every distribution of a steered text is that of the model in double precision, with the same
  /// changes from the last token of the prompt on or at all tokens.
  @Test(arguments: withCodes, Steering.Extent.allCases)
  func distributionsAreThoseOfTheReference(
    architecture: Architecture, extent: Steering.Extent
  ) throws {
    let golden = try GoldenModel(architecture, .causal)
    let written = try write(golden.model, 8, Steering(changes, at: extent))
    let expected = reference(golden, from: extent == .all ? 0 : 4).logits(written.ids.dropLast())
    for (step, found) in written.logProbabilities.enumerated() {
      #expect(
        relativeError(found.map(Float.init), logProbabilities(expected[4 + step])) < 1e-5)
    }
    #expect(written.positionCount == (extent == .all ? 12 : 8))
    let plain = try write(golden.model, 8, nil)
    #expect(plain.positionCount == 0)
    #expect(
      relativeError(
        plain.logProbabilities[0].map(Float.init), written.logProbabilities[0]) > 1e-3)
  }

  /// With a unit set to zero at all tokens, prompts of any length give the distributions of PyTorch
  /// (`steered.logits` of `Tests/Fixtures/model/generate.py`).
  @Test(arguments: withCodes) func distributionsAreThoseOfPyTorch(
    architecture: Architecture
  ) throws {
    let golden = try GoldenModel(architecture, .causal)
    let fixture = try SafeTensorsReader(
      Fixture.path("model/\(golden.name)-activations.safetensors"))
    let logits = try fixture.floats(of: "steered.logits").map(Double.init)
    let steering = Steering([.ablation(of: UnitAddress(layer: 1, unit: 8))], at: .all)
    for length in [1, 2, 6, 13] {
      let written = try write(
        golden.model, 1, steering, after: Array(golden.batch.inputs[..<length]))
      let expected = logProbabilities(Array(logits[(length - 1) * 61..<length * 61]))
      #expect(
        relativeError(written.logProbabilities[0].map(Float.init), expected) < 1e-5)
      #expect(written.positionCount == length)
    }
  }

  /// Token by token from the cache, beyond the context too, a text has the distributions that it
  /// has when everything is read anew for each token.
  @Test(arguments: withCodes, Steering.Extent.allCases)
  func cachedEqualsUncached(architecture: Architecture, extent: Steering.Extent) throws {
    let model = try GoldenModel(architecture, .causal).model
    let context = model.configuration.contextLength
    let written = try write(model, 3 * context, Steering(changes, at: extent))
    let firstPlace = extent == .all ? 0 : prompt.count - 1
    var (start, positions) = (0, extent == .all ? prompt.count - 1 : 0)
    for (step, found) in written.logProbabilities.enumerated() {
      let end = prompt.count + step
      if end - 1 - start == context {
        start = end - (context + 1) / 2
        positions += end - 1 - max(start, firstPlace)
      }
      positions += 1
      let rows = max(0, firstPlace - start)..<end - start
      let network = try Network(
        model, shape: BatchShape(sequences: 1, context: end - start), purpose: .inference,
        workers: Workers(threads: 1), instruments: Interventions(changes, rows: rows))
      let last = end - start - 1
      let logits = network.logits(inputs: Array(written.ids[start..<end]), rows: last..<last + 1)
      #expect(
        relativeError(
          found.map(Float.init), logProbabilities(logits.elements.map(Double.init))) < 1e-5)
    }
    #expect(written.positionCount == positions)
  }

  /// A factor of a unit is a factor of the row that decodes it, a value for a unit is a bias: where
  /// a parameter does the same, steering is that model.
  @Test(arguments: [Architecture.crateAlpha, .transformer])
  func steeringIsAChangedParameter(architecture: Architecture) throws {
    let changed = try GoldenModel(architecture, .causal).model
    let address = UnitAddress(layer: 1, unit: 8)
    func matrix(_ name: String) throws -> Matrix {
      let tensor = try #require(changed.layout.tensors.first { $0.name == "layers.1.\(name)" })
      return changed.parameters.values[tensor.slot]
    }
    let change: Intervention.Change
    if architecture == .crateAlpha {
      change = .scale(-2)
      let decoder = try matrix("ista.decode_dictionary")
      for column in 0..<decoder.columns { decoder[address.unit][column] *= -2 }
    } else {
      change = .set(1.5)
      let (decoder, bias) = (try matrix("mlp.contraction"), try matrix("mlp.contraction_bias"))
      for row in 0..<decoder.rows {
        bias[0][row] += 1.5 * decoder[row][address.unit]
        decoder[row][address.unit] = 0
      }
    }
    changed.fold()
    let model = try GoldenModel(architecture, .causal).model
    let steered = try write(model, 8, Steering([Intervention(address, change)], at: .all))
    let expected = try write(changed, 8, nil)
    #expect(steered.ids == expected.ids)
    #expect(
      relativeError(
        steered.logProbabilities.flatMap { $0.map(Float.init) },
        expected.logProbabilities.flatMap(\.self)) < 1e-5)
  }

  /// Samples, which share the reading of the prompt, and threads change no bit.
  @Test(arguments: Steering.Extent.allCases)
  func samplesAreSteeredAlike(extent: Steering.Extent) throws {
    let golden = try GoldenModel(.crateOvercomplete, .causal)
    func texts(_ samples: Int, threads: Int, format: NumberFormat) throws -> [[Int32]] {
      let decoder = try BatchDecoder(
        model: LanguageModel(packing: golden.model, as: format, threads: threads),
        capacity: samples, threads: threads, steering: Steering(changes, at: extent))
      let configuration = GenerationConfiguration(
        maximumTokens: 30, sampling: try SamplingConfiguration(temperature: 1), seed: 4)
      return try decoder.generate(after: prompt, configuration, samples: samples).map(\.ids)
    }
    for format in [NumberFormat.fp32, .bf16, .int8] {
      let three = try texts(3, threads: 2, format: format)
      #expect(Set(three).count == 3)
      #expect(try texts(1, threads: 1, format: format) == [three[0]])
    }
  }

  @Test func changesAreParsed() {
    let address = UnitAddress(layer: 3, unit: 17)
    #expect(Intervention("3:17=2.5") == Intervention(address, .set(2.5)))
    #expect(Intervention("3:17+=-2") == Intervention(address, .add(-2)))
    #expect(Intervention("3:17*=1e1") == Intervention(address, .scale(10)))
    #expect(Intervention("3:17=-1")?.description == "3:17=-1.0")
    for text in ["", "=", "3:17", "3:17=", "3:17-=1", "3=1", "3:17==1", "+=1", "3:17= 1", "a:1=2"] {
      #expect(Intervention(text) == nil, "\(text)")
    }
  }

  @Test func impossibleChangesAreRefused() throws {
    func refused(_ change: String, _ architecture: Architecture = .crate) throws -> String {
      let model = try GoldenModel(architecture, .causal).model
      let changes = try change.split(separator: " ").map { try #require(Intervention(String($0))) }
      let error = #expect(throws: ConfigurationError.self) {
        try BatchDecoder(model: model, capacity: 1, threads: 1, steering: Steering(changes))
      }
      return error.map { "\($0)" } ?? ""
    }
    #expect(try refused("3:0=1").contains("no unit 3:0"))
    #expect(try refused("0:24=1").contains("0 to 23"))
    #expect(try refused("0:96=1", .crateAlpha).contains("0 to 95"))
    #expect(try refused("0:1=nan").contains("nan; expected a number"))
    #expect(try refused("0:1*=inf").contains("inf; expected a number"))
    #expect(try refused("0:1+=2000000").contains("from -1000000 to 1000000"))
    #expect(try refused("0:1=1 0:1*=2").contains("0:1 is changed twice"))
    #expect(try refused("0:1=1", .attentionOnly).contains("no codes"))
  }

  /// The largest values leave numbers.
  @Test(arguments: withCodes) func largestValuesLeaveNumbers(architecture: Architecture) throws {
    let model = try GoldenModel(architecture, .causal).model
    for change in [Intervention.Change.set(-1e6), .add(1e6), .scale(1e6)] {
      let all = (0..<3).flatMap { layer in
        (0..<24).map { Intervention(UnitAddress(layer: layer, unit: $0), change) }
      }
      let written = try write(model, 4, Steering(all))
      #expect(written.logProbabilities.joined().allSatisfy { !$0.isNaN })
    }
  }

  @Test func randomUnitsAreOthersOfTheSameLayers() throws {
    let shape = try GoldenModel(.crate, .causal).model.configuration
    let steering = Steering(changes, at: .all)
    let random = try #require(steering.atRandomUnits(of: shape, seed: 1))
    #expect(random.extent == .all)
    #expect(random.interventions.map(\.change) == changes.map(\.change))
    #expect(random.interventions.map(\.address.layer) == changes.map(\.address.layer))
    let addresses = random.interventions.map(\.address)
    #expect(Set(addresses + changes.map(\.address)).count == 6)
    #expect(steering.atRandomUnits(of: shape, seed: 1) == random)
    #expect(steering.atRandomUnits(of: shape, seed: 2) != random)
    let whole = (0..<24).map { Intervention(UnitAddress(layer: 0, unit: $0), .set(1)) }
    #expect(Steering(whole).atRandomUnits(of: shape, seed: 1) == nil)
  }
}
