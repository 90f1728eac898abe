import CRATELM
import Parallel
import Storage
import Testing

/// What dropout sets to zero, and what it leaves alone.
@Suite struct DropoutTests {
  private let seed: UInt64 = 5

  /// Loss and gradients beside PyTorch, which draws the same masks by their definition
  /// (`Tests/Fixtures/model/generate.py`, double precision).
  ///
  /// Single precision through three layers leaves errors of about 10⁻⁶; the bound is 10⁻⁴.
  @Test(arguments: Architecture.allCases, Objective.allCases)
  func lossAndGradientsAgree(architecture: Architecture, objective: Objective) throws {
    let golden = try GoldenModel(architecture, objective)
    let expected = try SafeTensorsReader(Fixture.path("model/\(golden.name)-dropout.safetensors"))
    let batch = golden.batch(at: try Fixture.integers(expected, "positions").map(Int.init))
    let network = try Network(
      golden.model, shape: golden.shape, purpose: .training, workers: Workers(threads: 2),
      dropout: DropoutStream(rate: 0.2, seed: 4_000_000_007))
    let gradients = try golden.model.makeGradients()
    let count = Float(batch.predicted.count)
    let loss = network.lossAndGradients(batch, scale: 1 / count, gradients: gradients)
    #expect(relativeError([Float(loss) / count], try expected.floats(of: "loss")) < 1e-5)
    for tensor in golden.model.layout.tensors {
      let reference = try expected.floats(of: "gradient.\(tensor.name)")
      let error = relativeError(gradients.values[tensor.slot].elements, reference)
      #expect(error < 1e-4, "\(tensor.name)")
    }
  }

  private func model(
    _ architecture: Architecture, objective: Objective = .causal, width: Int = 128
  ) throws -> LanguageModel {
    try LanguageModel(
      ModelConfiguration(
        objective: objective, architecture: architecture, depth: 2, width: width, headCount: 2,
        contextLength: 256, vocabularySize: 31), seed: 1)
  }

  private func batch(_ positions: Range<Int>) -> Batch {
    var batch = Batch(sequences: positions.count, contextLength: 256)
    for position in positions {
      var generator = SplitMix64(seed: UInt64(position))
      let ids = (0...256).map { _ in Int32(generator.integer(below: 31)) }
      for place in 0..<256 { batch.predict(ids[place + 1], at: place) }
      batch.append(ids.dropLast(), position: position)
    }
    return batch
  }

  /// What a training pass leaves behind.
  private struct Outcome: Equatable {
    var loss: Double
    var gradients: [[Float]]
    var activations: [String: [Float]]
  }

  private func outcome(
    _ model: LanguageModel, _ batch: Batch, rate: Float, seed: UInt64 = 5, threads: Int = 2
  ) throws -> Outcome {
    let network = try Network(
      model, shape: BatchShape(sequences: batch.lengths.count, context: 256), purpose: .training,
      workers: Workers(threads: threads), dropout: DropoutStream(rate: rate, seed: seed))
    let gradients = try model.makeGradients()
    let loss = network.lossAndGradients(batch, scale: 1, gradients: gradients)
    let recorder = Recorder()
    network.showKept(to: recorder)
    return Outcome(
      loss: loss, gradients: model.layout.tensors.map { gradients.values[$0.slot].elements },
      activations: recorder.activations)
  }

  /// Of n units, n·P are zero, within five deviations of the binomial distribution; of the pairs
  /// with another place, token, unit, sequence or seed, both are zero as often as chance has it.
  @Test(arguments: [Float(0.001), 0.1, 0.5, 0.9])
  func zerosAreAsManyAsAskedForAndIndependent(rate: Float) throws {
    let model = try model(.crateOvercomplete)
    let found = try outcome(model, batch(0..<2), rate: rate).activations
    let names = ["embedding", "layers.0.ista.output", "layers.1.ista.output"]
    let zeros = try names.map { try #require(found[$0]).map { $0 == 0 } }
    func expectShare(_ share: Double, of flags: [Bool], _ name: String) {
      let count = Double(flags.count)
      let deviation = (count * share * (1 - share)).squareRoot()
      #expect(abs(Double(flags.count { $0 }) - count * share) < 5 * deviation, "\(name)")
    }
    let share = (Double(rate) * 65_536).rounded() / 65_536
    for (name, flags) in zip(names, zeros) { expectShare(share, of: flags, name) }

    let first = zeros[0]
    func expectIndependence(_ others: some Collection<Bool>, _ name: String) {
      expectShare(share * share, of: zip(first, others).map { $0 && $1 }, name)
    }
    expectIndependence(zeros[1], "place")
    expectIndependence(zeros[2], "place")
    for distance in [1, 2, 3, 4, 7] { expectIndependence(first.dropFirst(distance), "unit") }
    expectIndependence(first.dropFirst(128), "token")
    expectIndependence(first.dropFirst(128 * 256), "sequence")
    let other = try outcome(model, batch(0..<2), rate: rate, seed: 6).activations["embedding"]
    expectIndependence(try #require(other).map { $0 == 0 }, "seed")
  }

  /// What stays is scaled, by the rate that the draws give: 1/(1 − 6554/65536).
  @Test func unitsThatStayAreScaled() throws {
    let model = try model(.transformer)
    let whole = try #require(
      try outcome(model, batch(0..<2), rate: 0).activations["embedding"])
    let dropped = try #require(
      try outcome(model, batch(0..<2), rate: 0.1).activations["embedding"])
    let scale: Float = 65_536 / (65_536 - 6554)
    for (x, y) in zip(whole, dropped) where y != 0 { #expect(y == x * scale) }
    #expect(DropoutStream(rate: 0, seed: 1) == nil)
    #expect(DropoutStream(rate: 1e-9, seed: 1)?.threshold == 1)
    #expect(DropoutStream(rate: Float(1).nextDown, seed: 1)?.threshold == 65_535)
  }

  @Test(arguments: Architecture.allCases, Objective.allCases)
  func threadsDoNotChangeBits(architecture: Architecture, objective: Objective) throws {
    let model = try model(architecture, objective: objective, width: 24)
    let one = try outcome(model, batch(7..<10), rate: 0.1, threads: 1)
    for threads in [2, 3] {
      #expect(try outcome(model, batch(7..<10), rate: 0.1, threads: threads) == one)
    }
    #expect(try outcome(model, batch(7..<10), rate: 0).loss != one.loss)
  }

  /// A sequence has the same activations, bit for bit, in every microbatch; only the order of the
  /// gradients' sums differs, which leaves about 10⁻⁶.
  @Test(arguments: Architecture.allCases)
  func microbatchesDoNotChangeMasks(architecture: Architecture) throws {
    let model = try model(architecture, width: 24)
    let together = try outcome(model, batch(40..<43), rate: 0.3)
    let apart = try (40..<43).map { try outcome(model, batch($0..<$0 + 1), rate: 0.3) }
    for (name, values) in together.activations {
      #expect(values == apart.flatMap { $0.activations[name] ?? [] }, "\(name)")
    }
    for (index, tensor) in model.layout.tensors.enumerated() {
      let sum = together.gradients[index].indices.map { place in
        apart.reduce(0) { $0 + $1.gradients[index][place] }
      }
      #expect(relativeError(sum, together.gradients[index]) < 1e-5, "\(tensor.name)")
    }
  }

  /// The same network drops nothing where it does not train.
  @Test(arguments: Architecture.allCases)
  func nothingIsDroppedInEvaluation(architecture: Architecture) throws {
    let model = try model(architecture, width: 24)
    let shape = BatchShape(sequences: 2, context: 256)
    let losses = try [nil, DropoutStream(rate: 0.5, seed: seed)].map { stream in
      let network = try Network(
        model, shape: shape, purpose: .training, workers: Workers(threads: 2), dropout: stream)
      _ = network.lossAndGradients(batch(0..<2), scale: 1, gradients: try model.makeGradients())
      return network.losses(batch(0..<2))
    }
    #expect(losses[0] == losses[1])
  }
}
