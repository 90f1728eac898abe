import CRATELM
import Testing

@Suite struct CrossEntropyTests {
  @Test(arguments: [1, 15, 64, 1001])
  func agreesWithDoublePrecision(vocabulary: Int) throws {
    let tokens = 3
    var matrices = TestMatrices(seed: UInt64(vocabulary))
    let Z = matrices.random(tokens, vocabulary)
    let losses = matrices.zeros(1, tokens)
    let buffer = try matrices.makeBuffer()
    let targets = (0..<tokens).map { Int32($0 * 7 % vocabulary) }
    let logits = Reference.rows(Z.values, vocabulary)

    CrossEntropy.forward(buffer[Z.slot], targets: targets.span, losses: buffer[losses][0])
    let expected = zip(logits, targets).map { Reference.crossEntropy($0, target: Int($1)) }
    for (loss, reference) in zip(buffer[losses].elements, expected) {
      #expect(abs(Double(loss) - reference) < 1e-5 * (1 + reference))
    }

    CrossEntropy.forwardBackward(
      buffer[Z.slot], targets: targets.span, scale: 0.5, losses: buffer[losses][0])
    let gradient = zip(logits, targets).flatMap { z, target in
      Reference.gradient(at: z) { 0.5 * Reference.crossEntropy($0, target: Int(target)) }
    }
    for (value, reference) in zip(buffer[Z.slot].elements, gradient) {
      #expect(abs(Double(value) - reference) < 1e-6)
    }
  }

  /// Logits far from zero neither overflow nor lose the loss.
  @Test func survivesExtremeLogits() throws {
    var matrices = TestMatrices(seed: 1)
    let slot = matrices.zeros(1, 4)
    let losses = matrices.zeros(1, 1)
    let buffer = try matrices.makeBuffer()
    buffer.fill(slot, with: [1e4, 0, -1e4, 1e4])
    let targets: [Int32] = [2]
    CrossEntropy.forward(buffer[slot], targets: targets.span, losses: buffer[losses][0])
    #expect(abs(buffer[losses][0][0] - 20_000.693) < 0.01)
  }
}
