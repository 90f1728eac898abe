// swift-format-ignore-file: AlwaysUseLowerCamelCase
import CRATELM
import Testing

/// Queries, keys and values of their own, or one matrix.
enum Sharing: CaseIterable {
  case tied, separate
}

@Suite struct SoftmaxAttentionTests {
  /// Lengths around a tile of 8 queries, a group of 48 and a panel of 32 keys; widths below, at and
  /// beyond a panel.
  @Test(
    arguments: [(1, 5), (7, 5), (8, 3), (33, 32), (49, 40), (70, 5)],
    [AttentionMask.causal, .bidirectional])
  func agreesWithDoublePrecision(size: (tokens: Int, width: Int), mask: AttentionMask) throws {
    for sharing in Sharing.allCases {
      let errors = try errors(tokens: size.tokens, size.width, mask, sharing, .fp32)
      #expect(errors.output < 1e-5)
      #expect(errors.gradient < 1e-5)
    }
  }

  /// A factor rounded to 8 bits of mantissa is off by up to 1/512, and two factors meet.
  @Test(
    .enabled(if: Precision.bf16.isAvailable), arguments: [(7, 5), (33, 32), (49, 40)],
    [AttentionMask.causal, .bidirectional])
  func roundsFactors(size: (tokens: Int, width: Int), mask: AttentionMask) throws {
    for sharing in Sharing.allCases {
      let errors = try errors(tokens: size.tokens, size.width, mask, sharing, .bf16)
      #expect(errors.output > 1e-5 && errors.output < 1e-2)
      #expect(errors.gradient > 1e-5 && errors.gradient < 1e-2)
    }
  }

  /// Scratch that held anything else before gives the same bits.
  @Test(arguments: [Precision.fp32, .bf16].filter(\.isAvailable))
  func leavesScratchBehind(precision: Precision) throws {
    let clean = try run(tokens: 50, 20, .causal, .tied, precision, scratch: 0)
    let used = try run(tokens: 50, 20, .causal, .tied, precision, scratch: .nan)
    #expect(clean.Y == used.Y)
    #expect(clean.gradients == used.gradients)
  }

  /// Numbers that are none stay so, for a run that has diverged to be found.
  @Test(arguments: [0, 19])
  func keepsWhatIsNotANumber(at token: Int) throws {
    var matrices = TestMatrices(seed: 5)
    let (tokens, width) = (20, 6)
    let W = matrices.random(tokens, width)
    let (Y, logSumExp) = (matrices.zeros(tokens, width), matrices.zeros(1, tokens))
    let scratch = matrices.zeros(
      1, SoftmaxAttention.scratchCount(queries: tokens, keys: tokens, width: width))
    let buffer = try matrices.makeBuffer()
    let coordinates = buffer[W.slot]
    coordinates[token][2] = .nan
    SoftmaxAttention.forward(
      coordinates, coordinates, coordinates, firstPosition: 0, mask: .causal, into: buffer[Y],
      logSumExp: buffer[logSumExp][0], scratch: buffer[scratch][0])
    for row in token..<tokens { #expect(buffer[Y][row][2].isNaN) }
  }

  /// Queries that continue a sequence see all earlier keys, and none of those behind them.
  @Test(arguments: [(9, 4), (70, 37)], [Precision.fp32, .bf16].filter(\.isAvailable))
  func continuesASequence(size: (tokens: Int, first: Int), precision: Precision) throws {
    let (tokens, first) = size
    let (width, unseen) = (3, 5)
    var matrices = TestMatrices(seed: 1)
    let W = matrices.random(tokens + unseen, width)
    let Y = matrices.zeros(tokens - first, width)
    let logSumExp = matrices.zeros(1, tokens)
    let scratch = matrices.zeros(
      1,
      SoftmaxAttention.scratchCount(
        queries: tokens - first, keys: tokens + unseen, width: width))
    let buffer = try matrices.makeBuffer()
    SoftmaxAttention.forward(
      buffer[W.slot].rows(first..<tokens), buffer[W.slot], buffer[W.slot],
      firstPosition: first, mask: .causal, precision: precision, into: buffer[Y],
      logSumExp: buffer[logSumExp][0], scratch: buffer[scratch][0])
    let expected = Reference.attention(Reference.rows(W.values, width), causal: true)
    #expect(
      relativeError(buffer[Y].elements, Array(expected[first..<tokens].joined()))
        < (precision == .fp32 ? 1e-5 : 1e-2))
  }

  /// The relative errors of the output and of the gradients, by central differences.
  private func errors(
    tokens: Int, _ width: Int, _ mask: AttentionMask, _ sharing: Sharing, _ precision: Precision
  ) throws -> (output: Double, gradient: Double) {
    let found = try run(tokens: tokens, width, mask, sharing, precision, scratch: 0)
    func output(_ inputs: [Double]) -> Reference.Rows {
      let parts = Reference.rows(inputs, width)
      let (K, V) = sharing == .tied ? (0, 0) : (tokens, 2 * tokens)
      return Reference.attention(
        Array(parts[..<tokens]), Array(parts[K..<K + tokens]), Array(parts[V..<V + tokens]),
        causal: mask == .causal)
    }
    let gradient = Reference.gradient(at: found.inputs) {
      Reference.weighted(output($0), by: found.dY)
    }
    return (
      relativeError(found.Y, Array(output(found.inputs).joined())),
      relativeError(found.gradients, gradient)
    )
  }

  /// Both passes on random numbers, which are the same for the same shape.
  private func run(
    tokens: Int, _ width: Int, _ mask: AttentionMask, _ sharing: Sharing, _ precision: Precision,
    scratch value: Float
  ) throws -> (inputs: [Double], dY: [Double], Y: [Float], gradients: [Float]) {
    var matrices = TestMatrices(seed: UInt64(tokens))
    let parts = sharing == .tied ? 1 : 3
    let inputs = matrices.random(parts * tokens, width)
    let dY = matrices.random(tokens, width)
    let (Y, dInputs) = (matrices.zeros(tokens, width), matrices.zeros(parts * tokens, width))
    let logSumExp = matrices.zeros(1, tokens)
    let scratch = matrices.zeros(
      1, SoftmaxAttention.scratchCount(queries: tokens, keys: tokens, width: width))
    let buffer = try matrices.makeBuffer()
    buffer[scratch][0].fill(value)
    func part(_ slot: Slot, _ index: Int) -> Matrix {
      buffer[slot].group(min(index, parts - 1), of: tokens)
    }
    let (Q, K, V) = (part(inputs.slot, 0), part(inputs.slot, 1), part(inputs.slot, 2))
    SoftmaxAttention.forward(
      Q, K, V, firstPosition: 0, mask: mask, precision: precision, into: buffer[Y],
      logSumExp: buffer[logSumExp][0], scratch: buffer[scratch][0])
    SoftmaxAttention.backward(
      Q, K, V, buffer[Y], buffer[dY.slot], logSumExp: buffer[logSumExp][0], mask: mask,
      precision: precision, into: (part(dInputs, 0), part(dInputs, 1), part(dInputs, 2)),
      scratch: buffer[scratch][0])
    return (inputs.values, dY.values, buffer[Y].elements, buffer[dInputs].elements)
  }
}
