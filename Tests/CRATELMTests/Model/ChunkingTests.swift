import CRATELM
import Parallel
import Testing

/// Batches beyond every cut of the work: blocks of 256 tokens, 64 queries, 512 entries, 64, 128 and
/// 384 columns, and the chunk of logits, of which a vocabulary of 17,000 leaves 512 tokens.
@Suite struct ChunkingTests {
  private let context = 150
  private let vocabulary = 17_000
  private let model: LanguageModel
  private let inputs: [Int32]
  private let targets: [Int32]

  init() throws {
    model = try LanguageModel(
      ModelConfiguration(
        depth: 2, width: 390, headCount: 10, contextLength: context, vocabularySize: vocabulary),
      seed: 1)
    var generator = SplitMix64(seed: 2)
    let count = vocabulary
    inputs = (0..<4 * context).map { _ in Int32(generator.integer(below: count)) }
    targets = (0..<4 * context).map { _ in Int32(generator.integer(below: count)) }
  }

  private func gradients(sequences: Int, threads: Int) throws -> (loss: Double, values: [[Float]]) {
    let shape = BatchShape(sequences: sequences, context: context)
    let network = try Network(
      model, shape: shape, purpose: .training, workers: Workers(threads: threads))
    let gradients = try model.makeGradients()
    var loss = 0.0
    for start in stride(from: 0, to: inputs.count, by: shape.tokens) {
      let part = start..<start + shape.tokens
      loss += network.lossAndGradients(
        inputs: Array(inputs[part]), targets: Array(targets[part]), scale: 1, gradients: gradients,
        unfolding: part.upperBound == inputs.count)
    }
    return (loss, model.layout.tensors.map { gradients.values[$0.slot].elements })
  }

  /// Four sequences at once and one after the other are cut differently; only the order of sums
  /// differs, which leaves about 10⁻⁶.
  @Test func cutsDoNotChangeGradients() throws {
    let together = try gradients(sequences: 4, threads: 2)
    let apart = try gradients(sequences: 1, threads: 2)
    #expect(abs(together.loss - apart.loss) < 1e-6 * together.loss)
    for (index, tensor) in model.layout.tensors.enumerated() {
      #expect(relativeError(together.values[index], apart.values[index]) < 1e-5, "\(tensor.name)")
    }
  }

  @Test func threadsDoNotChangeBits() throws {
    let one = try gradients(sequences: 4, threads: 1)
    let three = try gradients(sequences: 4, threads: 3)
    #expect(one.loss == three.loss)
    #expect(one.values == three.values)
  }
}
