import CRATELM
import FoundationEssentials
import Parallel
import Testing

/// The order in which an update's gradients are added.
@Suite struct GradientSumTests {
  @Test(arguments: [
    (1, "0"), (2, "(0+1)"), (3, "((0+1)+2)"), (4, "((0+1)+(2+3))"), (5, "(((0+1)+(2+3))+4)"),
    (6, "(((0+1)+(2+3))+(4+5))"), (7, "(((0+1)+(2+3))+((4+5)+6))"),
  ])
  func theTreeFollowsNumbers(count: Int, expected: String) {
    var sum = TreeSum<String> { "(\($0)+\($1))" }
    for number in 0..<count { sum.append("\(number)") }
    #expect(sum.finish() == expected)
  }

  /// At most ⌊log₂ n⌋ + 1 partial sums wait, and that many buffers are there.
  @Test(arguments: 1...70)
  func partialSumsHaveBuffers(count: Int) {
    var sum = TreeSum<Int>(+)
    var most = 0
    for number in 0..<count {
      most = max(most, sum.waitingCount + 1)
      sum.append(number)
    }
    #expect(most <= GradientSum.tree.bufferCount(count))
    #expect(GradientSum.tree.bufferCount(count) == Int(Float(count).exponent) + 1)
    #expect(sum.finish() == count * (count - 1) / 2)
  }

  /// A record says the order; one that does not is of a run that adds sequentially.
  @Test func recordsSayTheOrder() throws {
    let plan = try TrainingConfiguration(
      steps: 4, batch: 4, microbatch: 2,
      schedule: LearningRateSchedule(
        peak: 1e-3, finalFraction: 0.1, warmupSteps: 1, totalSteps: 4), seed: 1,
      validationInterval: 2, saveInterval: 2, sampleInterval: nil, keptCheckpoints: 1)
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let json = String(decoding: try encoder.encode(plan), as: UTF8.self)
    let member = "\"gradient_sum\":\"tree\""
    #expect(json.contains(member))
    #expect(
      try decoder.decode(TrainingConfiguration.self, from: Data(json.utf8)).gradientSum == .tree)
    let unstated = json.replacing(member + ",", with: "").replacing("," + member, with: "")
    #expect(!unstated.contains("gradient_sum"))
    #expect(
      try decoder.decode(TrainingConfiguration.self, from: Data(unstated.utf8)).gradientSum
        == .sequential)
  }

  /// Three microbatches are added in another order; what is left of it is rounding.
  @Test func ordersDiffer() throws {
    func gradients(_ order: GradientSum) throws -> [Float] {
      let model = try LanguageModel(
        ModelConfiguration(
          depth: 2, width: 16, headCount: 2, contextLength: 8, vocabularySize: 31), seed: 3)
      let update = try ParameterUpdate(
        model, shape: BatchShape(sequences: 2, context: 8),
        gradientClip: 1, gradientSum: order, accumulationSteps: 3, workers: Workers(threads: 2))
      let batches = (0..<3).map { number in
        let ids = (0..<16).map { Int32(($0 * 7 + number * 5) % 31) }
        return Batch(inputs: ids, targets: ids.map { ($0 + 1) % 31 }, contextLength: 8)
      }
      _ = try update.computeGradient(of: batches)
      return model.layout.tensors.flatMap { update.gradients.values[$0.slot].elements }
    }
    let (tree, sequential) = (try gradients(.tree), try gradients(.sequential))
    #expect(tree != sequential)
    #expect(relativeError(tree, sequential) < 1e-5)
  }

  /// The gradient of an update has the bits of its microbatches' gradients, each computed by itself
  /// and added in the tree, whoever computes which.
  @Test(arguments: [1, 2, 3, 5], [Architecture.crate, .transformer])
  func anUpdateAddsInTheTree(count: Int, architecture: Architecture) throws {
    let model = try LanguageModel(
      ModelConfiguration(
        architecture: architecture, depth: 2, width: 16, headCount: 2, contextLength: 8,
        vocabularySize: 31), seed: 3)
    let shape = BatchShape(sequences: 2, context: 8)
    let batches = (0..<count).map { number in
      let ids = (0..<16).map { Int32(($0 * 7 + number * 5) % 31) }
      return Batch(inputs: ids, targets: ids.map { ($0 + 1) % 31 }, contextLength: 8)
    }
    let update = try ParameterUpdate(
      model, shape: shape, gradientClip: 1,
      accumulationSteps: count, workers: Workers(threads: 2))
    let summary = try update.computeGradient(of: batches)

    let network = try Network(
      model, shape: shape, purpose: .training, workers: Workers(threads: 1))
    var sum = TreeSum<(values: [Float], loss: Double)> { left, right in
      (zip(left.values, right.values).map(+), left.loss + right.loss)
    }
    for batch in batches {
      let gradients = try model.makeGradients()
      let loss = network.lossAndGradients(
        batch, scale: 1 / Float(count * 16), gradients: gradients)
      sum.append(((0..<gradients.values.count).map { gradients.values.all[$0] }, loss))
    }
    let total = sum.finish()
    let expected = try #require(total)
    #expect(summary.loss == expected.loss / Double(count * 16))
    #expect(
      (0..<update.gradients.values.count).map { update.gradients.values.all[$0] }
        == expected.values)
  }
}
