import CRATELM
import Testing

/// Agreement with PyTorch (`Tests/Fixtures/model/generate.py`, double precision).
///
/// Single precision through three layers leaves errors of about 10⁻⁶; the bound is 10⁻⁴.
@Suite struct GoldenTests {
  @Test(arguments: Architecture.allCases, [1, 3])
  func logitsAndLossAgree(architecture: Architecture, threads: Int) throws {
    try GoldenModel(architecture).checkLogitsAndLoss(threads: threads)
  }

  @Test(arguments: Architecture.allCases)
  func everyGradientAgrees(architecture: Architecture) throws {
    try GoldenModel(architecture).checkGradients()
  }

  @Test(arguments: Architecture.allCases)
  func tenUpdatesAgree(architecture: Architecture) throws {
    try GoldenModel(architecture).checkUpdates()
  }
}

/// A model with the parameters of a fixture, and what PyTorch computed from them.
private struct GoldenModel {
  private let golden: SafeTensorsReader
  private let model: LanguageModel
  private let inputs: [Int32]
  private let targets: [Int32]
  private let shape = BatchShape(sequences: 2, context: 13)

  init(_ architecture: Architecture) throws {
    golden = try SafeTensorsReader(Fixture.path("model/\(architecture.rawValue).safetensors"))
    model = try LanguageModel(
      zeros: ModelConfiguration(
        architecture: architecture, depth: 3, width: 24, headCount: 3, contextLength: 13,
        vocabularySize: 61))
    for tensor in model.layout.tensors {
      try model.parameters.values.fill(tensor.slot, with: Fixture.floats(golden, tensor.name))
    }
    model.fold()
    inputs = try Fixture.integers(golden, "inputs")
    targets = try Fixture.integers(golden, "targets")
  }

  func checkLogitsAndLoss(threads: Int) throws {
    let network = try Network(
      model, shape: shape, purpose: .inference, workers: Workers(count: threads))
    let logits = network.logits(inputs: inputs, rows: 0..<shape.tokens, cache: nil)
    #expect(relativeError(logits.elements, try Fixture.floats(golden, "logits")) < 1e-5)
    let losses = network.losses(inputs: inputs, targets: targets)
    let loss = losses.reduce(0, +) / Float(shape.tokens)
    #expect(relativeError([loss], try Fixture.floats(golden, "loss")) < 1e-5)
  }

  func checkGradients() throws {
    let network = try Network(
      model, shape: shape, purpose: .training, workers: Workers(count: 2))
    let gradients = try model.makeGradients()
    let loss = network.lossAndGradients(
      inputs: inputs, targets: targets, scale: 1 / Float(shape.tokens), gradients: gradients)
    model.unfold(gradients)
    #expect(
      relativeError([Float(loss) / Float(shape.tokens)], try Fixture.floats(golden, "loss")) < 1e-5)
    for tensor in model.layout.tensors {
      let reference = try Fixture.floats(golden, "gradient.\(tensor.name)")
      let error = relativeError(gradients.values[tensor.slot].elements, reference)
      #expect(error < 1e-4, "\(tensor.name)")
    }
  }

  func checkUpdates() throws {
    let network = try Network(
      model, shape: shape, purpose: .training, workers: Workers(count: 2))
    let gradients = try model.makeGradients()
    let optimizer = try AdamW(model.layout, AdamWConfiguration())
    let norm = GradientNorm(model.layout)
    let workers = Workers(count: 2)
    var losses: [Float] = []
    for step in 1...10 {
      gradients.clear()
      let loss = network.lossAndGradients(
        inputs: inputs, targets: targets, scale: 1 / Float(shape.tokens), gradients: gradients)
      model.unfold(gradients)
      losses.append(Float(loss) / Float(shape.tokens))
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
