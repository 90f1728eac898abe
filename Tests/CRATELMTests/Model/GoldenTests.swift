import CRATELM
import Parallel
import Storage
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

extension GoldenModel {
  fileprivate var count: Float { Float(batch.predicted.count) }

  func checkLogitsAndLoss(threads: Int) throws {
    let network = try Network(
      model, shape: shape, purpose: .inference, workers: Workers(threads: threads))
    var logits: [Float] = []
    network.forEachLogits(batch) { logits += $1.elements }
    #expect(relativeError(logits, try golden.floats(of: "logits")) < 1e-5)
    let loss = network.losses(batch).reduce(0, +) / count
    #expect(relativeError([loss], try golden.floats(of: "loss")) < 1e-5)
  }

  func checkGradients() throws {
    let network = try Network(
      model, shape: shape, purpose: .training, workers: Workers(threads: 2))
    let gradients = try model.makeGradients()
    let loss = network.lossAndGradients(batch, scale: 1 / count, gradients: gradients)
    #expect(relativeError([Float(loss) / count], try golden.floats(of: "loss")) < 1e-5)
    for tensor in model.layout.tensors {
      let reference = try golden.floats(of: "gradient.\(tensor.name)")
      let error = relativeError(gradients.values[tensor.slot].elements, reference)
      #expect(error < 1e-4, "\(tensor.name)")
    }
  }

  func checkUpdates() throws {
    let update = try ParameterUpdate(
      model, shape: shape, gradientClip: 0.5,
      workers: Workers(threads: 2))
    for (index, reference) in try golden.floats(of: "losses").enumerated() {
      let summary = try update.computeGradient(of: [batch])
      #expect(relativeError([Float(summary.loss)], [reference]) < 1e-4)
      update.apply(summary, step: index + 1, learningRate: 3e-3, boundsDictionaries: false)
    }
  }
}
