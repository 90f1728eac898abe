import CRATELM
import Parallel
import Testing

/// Agreement with PyTorch (`Tests/Fixtures/model/generate.py`, double precision).
///
/// Single precision through three layers leaves errors of about 10⁻⁶; the bound is 10⁻⁴.
@Suite struct GoldenTests {
  @Test(arguments: Architecture.allCases, Objective.allCases)
  func logitsAndLossAgree(architecture: Architecture, objective: Objective) throws {
    for threads in [1, 3] {
      try GoldenModel(architecture, objective).checkLogitsAndLoss(threads: threads)
    }
  }

  @Test(arguments: Architecture.allCases, Objective.allCases)
  func everyGradientAgrees(architecture: Architecture, objective: Objective) throws {
    try GoldenModel(architecture, objective).checkGradients()
  }

  @Test(arguments: Architecture.allCases, Objective.allCases)
  func tenUpdatesAgree(architecture: Architecture, objective: Objective) throws {
    try GoldenModel(architecture, objective).checkUpdates()
  }
}

/// A model with the parameters of a fixture, and what PyTorch computed from them.
private struct GoldenModel {
  private let golden: SafeTensorsReader
  private let model: LanguageModel
  private let batch: Batch
  private let shape = BatchShape(sequences: 2, context: 13)

  init(_ architecture: Architecture, _ objective: Objective) throws {
    let name = architecture.rawValue + (objective == .masked ? "-masked" : "")
    golden = try SafeTensorsReader(Fixture.path("model/\(name).safetensors"))
    model = try LanguageModel(
      zeros: ModelConfiguration(
        objective: objective, architecture: architecture, depth: 3, width: 24, headCount: 3,
        contextLength: 13, vocabularySize: 61))
    for tensor in model.layout.tensors {
      try model.parameters.values.fill(tensor.slot, with: Fixture.floats(golden, tensor.name))
    }
    model.fold()
    batch = try Self.batch(golden, objective)
  }

  /// The batch of the fixture, a masked one with padding in its second sequence.
  private static func batch(_ golden: SafeTensorsReader, _ objective: Objective) throws -> Batch {
    let inputs = try Fixture.integers(golden, "inputs")
    let targets = try Fixture.integers(golden, "targets")
    if objective == .causal { return Batch(inputs: inputs, targets: targets, contextLength: 13) }
    let predictions = zip(try Fixture.integers(golden, "predicted"), targets)
    var batch = Batch(sequences: 2, contextLength: 13)
    for (sequence, length) in try Fixture.integers(golden, "lengths").enumerated() {
      let row = sequence * 13..<(sequence + 1) * 13
      for (position, target) in predictions where row.contains(Int(position)) {
        batch.predict(target, at: Int(position) - row.lowerBound)
      }
      batch.append(inputs[row].prefix(Int(length)))
    }
    return batch
  }

  private var count: Float { Float(batch.predicted.count) }

  func checkLogitsAndLoss(threads: Int) throws {
    let network = try Network(
      model, shape: shape, purpose: .inference, workers: Workers(threads: threads))
    var logits: [Float] = []
    network.forEachLogits(batch) { logits += $1.elements }
    #expect(relativeError(logits, try Fixture.floats(golden, "logits")) < 1e-5)
    let loss = network.losses(batch).reduce(0, +) / count
    #expect(relativeError([loss], try Fixture.floats(golden, "loss")) < 1e-5)
  }

  func checkGradients() throws {
    let network = try Network(
      model, shape: shape, purpose: .training, workers: Workers(threads: 2))
    let gradients = try model.makeGradients()
    let loss = network.lossAndGradients(batch, scale: 1 / count, gradients: gradients)
    model.unfold(gradients)
    #expect(relativeError([Float(loss) / count], try Fixture.floats(golden, "loss")) < 1e-5)
    for tensor in model.layout.tensors {
      let reference = try Fixture.floats(golden, "gradient.\(tensor.name)")
      let error = relativeError(gradients.values[tensor.slot].elements, reference)
      #expect(error < 1e-4, "\(tensor.name)")
    }
  }

  func checkUpdates() throws {
    let network = try Network(
      model, shape: shape, purpose: .training, workers: Workers(threads: 2))
    let gradients = try model.makeGradients()
    let optimizer = try AdamW(model.layout, AdamWConfiguration())
    let norm = GradientNorm(model.layout)
    let workers = Workers(threads: 2)
    var losses: [Float] = []
    for step in 1...10 {
      gradients.clear()
      let loss = network.lossAndGradients(batch, scale: 1 / count, gradients: gradients)
      model.unfold(gradients)
      losses.append(Float(loss) / count)
      let length = norm(gradients.values, workers: workers)
      optimizer.update(
        model.parameters.values, gradient: gradients.values,
        scale: GradientNorm.clippingScale(norm: length, limit: 0.5), learningRate: 3e-3,
        step: step, workers: workers)
      model.fold()
    }
    for (loss, reference) in zip(losses, try Fixture.floats(golden, "losses")) {
      #expect(relativeError([loss], [reference]) < 1e-4)
    }
  }
}

extension Buffer {
  /// Replaces the tensor at `slot`.
  func fill(_ slot: Slot, with values: [Float]) {
    let matrix = self[slot]
    precondition(values.count == slot.count)
    for (index, value) in values.enumerated() {
      matrix[index / slot.columns][index % slot.columns] = value
    }
  }
}
