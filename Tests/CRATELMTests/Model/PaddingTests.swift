import CRATELM
import Parallel
import Testing

/// Padding is seen by no token and leaves no trace in any result.
@Suite struct PaddingTests {
  private let context = 70
  private let vocabulary = 50

  private func makeModel(_ architecture: Architecture) throws -> LanguageModel {
    try LanguageModel(
      ModelConfiguration(
        objective: .masked, architecture: architecture, depth: 2, width: 32, headCount: 4,
        contextLength: context, vocabularySize: vocabulary),
      seed: 1)
  }

  /// Sequences of the given lengths, with predictions at every fifth place.
  private func batch(lengths: [Int], padding: Int32) -> Batch {
    var batch = Batch(sequences: lengths.count, contextLength: context)
    var generator = SplitMix64(seed: 3)
    for length in lengths {
      let ids = (0..<length).map { _ in Int32(generator.integer(below: vocabulary)) }
      for place in stride(from: 1, to: length, by: 5) {
        batch.predict(Int32(generator.integer(below: vocabulary)), at: place)
      }
      batch.append(ids.prefix(length), in: SequenceFrame(padding: padding))
    }
    return batch
  }

  private struct Outcome: Equatable {
    var loss: Double
    var losses: [Float]
    var gradients: [[Float]]
  }

  private func run(_ model: LanguageModel, _ batch: Batch) throws -> Outcome {
    let network = try Network(
      model, shape: BatchShape(sequences: batch.lengths.count, context: context),
      purpose: .training, workers: Workers(threads: 2))
    let gradients = try model.makeGradients()
    let losses = network.losses(batch)
    let loss = network.lossAndGradients(batch, scale: 1, gradients: gradients)
    return Outcome(
      loss: loss, losses: losses,
      gradients: model.layout.tensors.map { gradients.values[$0.slot].elements })
  }

  /// Another padding changes no bit of the losses and of any gradient.
  @Test(arguments: Architecture.allCases) func paddingIsNotSeen(architecture: Architecture) throws {
    let model = try makeModel(architecture)
    let zeros = try run(model, batch(lengths: [40, 70, 0, 3], padding: 0))
    let others = try run(model, batch(lengths: [40, 70, 0, 3], padding: 17))
    #expect(zeros.losses == others.losses)
    #expect(zeros == others)
    // A token that is no padding does matter.
    let longer = try run(model, batch(lengths: [40, 70, 0, 4], padding: 0))
    #expect(longer.losses.dropLast() == zeros.losses.dropLast())
    #expect(longer.losses.last != zeros.losses.last)
  }

  /// A short sequence is what it is in a network of its own length; only the order of sums in
  /// products differs, which leaves about 10⁻⁶.
  @Test(arguments: Architecture.allCases)
  func aShortSequenceIsComplete(architecture: Architecture) throws {
    let model = try makeModel(architecture)
    let padded = batch(lengths: [23], padding: 0)
    var alone = Batch(sequences: 1, contextLength: 23)
    for (position, target) in zip(padded.predicted, padded.targets) {
      alone.predict(target, at: position)
    }
    alone.append(padded.inputs.prefix(23))
    let network = try Network(
      model, shape: BatchShape(sequences: 1, context: 23), purpose: .inference,
      workers: Workers(threads: 1))
    let expected = network.losses(alone)
    #expect(relativeError(try run(model, padded).losses, expected) < 1e-5)
  }

  /// Of a causal model, too, only what is asked for is computed, and it is the same.
  @Test func someOfTheTokensMayBePredicted() throws {
    let model = try LanguageModel(
      ModelConfiguration(
        depth: 2, width: 32, headCount: 4, contextLength: context, vocabularySize: vocabulary),
      seed: 1)
    let some = batch(lengths: [40, 70], padding: 0)
    let network = try Network(
      model, shape: BatchShape(sequences: 2, context: context), purpose: .training,
      workers: Workers(threads: 2))
    var targets = [Int32](repeating: 0, count: some.inputs.count)
    for (position, target) in zip(some.predicted, some.targets) { targets[position] = target }
    let all = network.losses(
      Batch(inputs: some.inputs, targets: targets, contextLength: network.shape.context))
    #expect(relativeError(network.losses(some), some.predicted.map { all[$0] }) < 1e-6)
  }
}
