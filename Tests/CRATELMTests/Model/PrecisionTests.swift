import CRATELM
import Parallel
import Testing

/// Training with factors in bfloat16 beside single precision.
@Suite(.enabled(if: Precision.bf16.isAvailable)) struct PrecisionTests {
  private func gradients(
    _ model: LanguageModel, _ precision: Precision, threads: Int = 2
  ) throws -> (loss: Double, values: [Float]) {
    let shape = BatchShape(sequences: 6, context: 48)
    var generator = SplitMix64(seed: 2)
    let ids = (0..<2 * shape.tokens).map { _ in Int32(generator.integer(below: 50)) }
    let network = try Network(
      model, shape: shape, purpose: .training, workers: Workers(threads: threads),
      trainingPrecision: precision)
    let gradients = try model.makeGradients()
    let batch = Batch(
      inputs: Array(ids[..<shape.tokens]), targets: Array(ids[shape.tokens...]),
      contextLength: shape.context)
    let loss = network.lossAndGradients(batch, scale: 1, gradients: gradients)
    return (loss, model.layout.tensors.flatMap { gradients.values[$0.slot].elements })
  }

  private func model(_ architecture: Architecture) throws -> LanguageModel {
    try LanguageModel(
      ModelConfiguration(
        architecture: architecture, depth: 2, width: 64, headCount: 4, contextLength: 48,
        vocabularySize: 50),
      seed: 1)
  }

  /// Eight bits of mantissa are a rounding of up to 0.4 % in every factor of a few products; where
  /// it moves a number across the threshold of ISTA, its whole gradient comes or goes.
  @Test(arguments: Architecture.allCases)
  func gradientsAreNearly(_ architecture: Architecture) throws {
    let model = try model(architecture)
    let (single, half) = (try gradients(model, .fp32), try gradients(model, .bf16))
    #expect(abs(half.loss - single.loss) < 1e-3 * single.loss)
    let error = relativeError(half.values, single.values)
    #expect(error < 0.06)
    #expect(error > 1e-4)
  }

  @Test func threadsDoNotChangeBits() throws {
    let model = try model(.crate)
    let one = try gradients(model, .bf16, threads: 1)
    let three = try gradients(model, .bf16, threads: 3)
    #expect(one.loss == three.loss)
    #expect(one.values == three.values)
  }
}
