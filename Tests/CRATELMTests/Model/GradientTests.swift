import CRATELM
import Parallel
import Testing

/// Gradients of the whole model against central differences of a model in double precision.
@Suite struct GradientTests {
  private let context = 5
  private let sequences = 3

  private func makeModel(
    _ architecture: Architecture = .crate, _ objective: Objective = .causal,
    _ activation: Activation? = nil
  ) throws -> LanguageModel {
    let model = try LanguageModel(
      ModelConfiguration(
        objective: objective, architecture: architecture, depth: 2, width: 12, headCount: 2,
        contextLength: 6, vocabularySize: 17,
        stepSize: 0.2, sparsityPenalty: 0.3, activation: activation, positionOffset: 2),
      seed: 7)
    // Larger than the published initialisation, so that every term of the gradient counts.
    var generator = SplitMix64(seed: 8)
    for tensor in model.layout.tensors {
      let matrix = model.parameters.values[tensor.slot]
      for row in 0..<matrix.rows {
        for column in 0..<matrix.columns {
          matrix[row][column] += Float(generator.gaussian()) * 0.3
        }
      }
    }
    model.fold()
    return model
  }

  /// Single precision leaves errors of about 10⁻⁶ of a tensor's gradient; a wrong term of it would
  /// leave one of 10⁻² and more.
  @Test(arguments: Architecture.allCases, Objective.allCases)
  func everyTensorAgreesWithCentralDifferences(
    architecture: Architecture, objective: Objective
  ) throws {
    try checkGradients(of: makeModel(architecture, objective))
  }

  @Test(arguments: Activation.allCases) func everyActivationAgrees(activation: Activation) throws {
    try checkGradients(of: makeModel(.transformer, .causal, activation))
  }

  private func checkGradients(of model: LanguageModel) throws {
    let batch = makeBatch(model.configuration.objective)
    let count = batch.predicted.count
    let network = try Network(
      model, shape: BatchShape(sequences: sequences, context: context), purpose: .training,
      workers: Workers(threads: 2))
    let gradients = try model.makeGradients()
    let loss = network.lossAndGradients(batch, scale: 1 / Float(count), gradients: gradients)

    let reference = ReferenceModel(model)
    let expected = reference.loss(batch)
    #expect(abs(loss / Double(count) - expected) < 1e-5)
    for tensor in model.layout.tensors {
      let values = try #require(reference.parameters[tensor.name])
      let difference = Reference.gradient(at: values, step: 1e-4) { changed in
        var model = reference
        model.parameters[tensor.name] = changed
        return model.loss(batch)
      }
      let error = relativeError(gradients.values[tensor.slot].elements, difference)
      #expect(error < 1e-4, "\(tensor.name)")
    }
  }

  /// Random tokens; for a masked model with padding and three predictions.
  private func makeBatch(_ objective: Objective) -> Batch {
    var generator = SplitMix64(seed: 9)
    let inputs = (0..<sequences * context).map { _ in Int32(generator.integer(below: 17)) }
    let targets = inputs.map { _ in Int32(generator.integer(below: 17)) }
    if objective == .causal {
      return Batch(inputs: inputs, targets: targets, contextLength: context)
    }
    var batch = Batch(sequences: sequences, contextLength: context)
    for (sequence, (length, places)) in [(5, [0, 3]), (3, [2]), (1, [])].enumerated() {
      let start = sequence * context
      for place in places { batch.predict(targets[start + place], at: place) }
      batch.append(inputs[start..<start + length])
    }
    return batch
  }

  /// Gradients add up over passes: two passes of half the scale give one of the whole.
  @Test func gradientsAccumulate() throws {
    let model = try makeModel()
    let ids = (0..<Int32(sequences * context)).map { $0 % 17 }
    let network = try Network(
      model, shape: BatchShape(sequences: sequences, context: context), purpose: .training,
      workers: Workers(threads: 2))
    let once = try model.makeGradients()
    let twice = try model.makeGradients()
    _ = network.lossAndGradients(inputs: ids, targets: ids, scale: 1, gradients: once)
    for isLast in [false, true] {
      _ = network.lossAndGradients(
        inputs: ids, targets: ids, scale: 0.5, gradients: twice, unfolding: isLast)
    }
    for tensor in model.layout.tensors {
      let error = relativeError(
        twice.values[tensor.slot].elements, once.values[tensor.slot].elements)
      #expect(error < 1e-6, "\(tensor.name)")
    }
  }

  /// Work is cut by shape, so that any number of threads gives the same bits.
  @Test(arguments: Architecture.allCases)
  func threadsDoNotChangeBits(architecture: Architecture) throws {
    let model = try makeModel(architecture)
    let ids = (0..<Int32(sequences * context)).map { $0 * 5 % 17 }
    var results: [[Float]] = []
    for threads in [1, 2, 5] {
      let network = try Network(
        model, shape: BatchShape(sequences: sequences, context: context), purpose: .training,
        workers: Workers(threads: threads))
      let gradients = try model.makeGradients()
      _ = network.lossAndGradients(inputs: ids, targets: ids, scale: 1, gradients: gradients)
      results.append(model.layout.tensors.flatMap { gradients.values[$0.slot].elements })
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }
}
