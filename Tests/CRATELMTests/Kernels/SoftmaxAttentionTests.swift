import CRATELM
import Testing

@Suite struct SoftmaxAttentionTests {
  /// Lengths below, at and above the block of queries.
  @Test(arguments: [1, 7, 64, 70], [AttentionMask.causal, .bidirectional])
  func agreesWithDoublePrecision(tokens: Int, mask: AttentionMask) throws {
    let width = 5
    var matrices = TestMatrices(seed: UInt64(tokens))
    let W = matrices.random(tokens, width)
    let dY = matrices.random(tokens, width)
    let (Y, dW) = (matrices.zeros(tokens, width), matrices.zeros(tokens, width))
    let logSumExp = matrices.zeros(1, tokens)
    let scratch = (
      matrices.zeros(SoftmaxAttention.blockSize, tokens),
      matrices.zeros(SoftmaxAttention.blockSize, tokens)
    )
    let buffer = try matrices.makeBuffer()
    SoftmaxAttention.forward(
      buffer[W.slot], buffer[W.slot], buffer[W.slot], firstPosition: 0, mask: mask,
      into: buffer[Y], logSumExp: buffer[logSumExp][0], scratch: buffer[scratch.0])
    SoftmaxAttention.backward(
      buffer[W.slot], buffer[W.slot], buffer[W.slot], buffer[Y], buffer[dY.slot],
      logSumExp: buffer[logSumExp][0], mask: mask, into: (buffer[dW], buffer[dW], buffer[dW]),
      scratch: (buffer[scratch.0], buffer[scratch.1]))

    let causal = mask == .causal
    let expected = Reference.attention(Reference.rows(W.values, width), causal: causal)
    #expect(relativeError(buffer[Y].elements, Array(expected.joined())) < 1e-5)
    let gradient = Reference.gradient(at: W.values) {
      Reference.weighted(
        Reference.attention(Reference.rows($0, width), causal: causal), by: dY.values)
    }
    #expect(relativeError(buffer[dW].elements, gradient) < 1e-5)
  }

  /// Queries that continue a sequence see all earlier keys.
  @Test func continuesASequence() throws {
    let (tokens, first, width) = (9, 4, 3)
    var matrices = TestMatrices(seed: 1)
    let W = matrices.random(tokens, width)
    let Y = matrices.zeros(tokens - first, width)
    let logSumExp = matrices.zeros(1, tokens)
    let scratch = matrices.zeros(SoftmaxAttention.blockSize, tokens)
    let buffer = try matrices.makeBuffer()
    SoftmaxAttention.forward(
      buffer[W.slot].rows(first..<tokens), buffer[W.slot], buffer[W.slot],
      firstPosition: first, mask: .causal, into: buffer[Y], logSumExp: buffer[logSumExp][0],
      scratch: buffer[scratch])
    let expected = Reference.attention(Reference.rows(W.values, width), causal: true)
    #expect(relativeError(buffer[Y].elements, Array(expected[first...].joined())) < 1e-5)
  }
}
