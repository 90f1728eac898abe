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
      for isPortable in [false, true] {
        let errors = try errors(
          Case(size.tokens, size.width, mask, sharing, isPortable: isPortable))
        #expect(errors.output < 1e-5)
        #expect(errors.gradient < 1e-5)
      }
    }
  }

  /// A factor rounded to 8 bits of mantissa is off by up to 1/512, and two factors meet.
  @Test(
    .enabled(if: Precision.bf16.isAvailable), arguments: [(7, 5), (33, 32), (49, 40)],
    [AttentionMask.causal, .bidirectional])
  func roundsFactors(size: (tokens: Int, width: Int), mask: AttentionMask) throws {
    for sharing in Sharing.allCases {
      let errors = try errors(Case(size.tokens, size.width, mask, sharing, precision: .bf16))
      #expect(errors.output > 1e-5 && errors.output < 1e-2)
      #expect(errors.gradient > 1e-5 && errors.gradient < 1e-2)
    }
  }

  /// Scratch that held anything else before gives the same bits.
  @Test(arguments: Precision.available, [AttentionMask.causal, .bidirectional])
  func leavesScratchBehind(precision: Precision, mask: AttentionMask) throws {
    for sharing in Sharing.allCases {
      var attention = Case(50, 20, mask, sharing, precision: precision)
      let clean = try run(attention)
      attention.scratch = .nan
      let used = try run(attention)
      #expect(clean.Y == used.Y)
      #expect(clean.gradients == used.gradients)
    }
  }

  /// Queries that continue a sequence see all earlier keys, and none of those behind them.
  @Test(arguments: [(9, 4), (70, 37)], Precision.available)
  func continuesASequence(size: (tokens: Int, first: Int), precision: Precision) throws {
    for isPortable in [false, true] {
      let errors = try errors(
        Case(
          size.tokens, 3, .causal, .separate, precision: precision, isPortable: isPortable,
          firstPosition: size.first, unseen: 5))
      #expect(errors.output < (precision == .fp32 ? 1e-5 : 1e-2))
      #expect(errors.gradient < (precision == .fp32 ? 1e-5 : 1e-2))
    }
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

  /// The relative errors of the output and of the gradients, by central differences.
  private func errors(_ attention: Case) throws -> (output: Double, gradient: Double) {
    let found = try run(attention)
    func output(_ inputs: [Double]) -> Reference.Rows {
      let parts = Reference.rows(inputs, attention.width)
      let (K, V) = attention.places
      // Queries of the keys before the first are no part of the output.
      let before = parts[K..<K + attention.firstPosition]
      let Q = Array(before + parts[..<attention.queries])
      return Array(
        Reference.attention(
          Q, Array(parts[K..<K + attention.keys]), Array(parts[V..<V + attention.keys]),
          mask: attention.mask)[attention.firstPosition...])
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
    _ attention: Case
  ) throws -> (inputs: [Double], dY: [Double], Y: [Float], gradients: [Float]) {
    let (queries, keys, width) = (attention.queries, attention.keys, attention.width)
    var matrices = TestMatrices(seed: UInt64(queries))
    let inputs = matrices.random(attention.inputRows, width)
    let dY = matrices.random(queries, width)
    let (Y, dInputs) = (matrices.zeros(queries, width), matrices.zeros(attention.inputRows, width))
    let logSumExp = matrices.zeros(1, queries)
    let scratch = matrices.zeros(
      1, SoftmaxAttention.scratchCount(queries: queries, keys: keys, width: width))
    let buffer = try matrices.makeBuffer()
    buffer[scratch][0].fill(attention.scratch)
    let (K, V) = attention.places
    func parts(_ slot: Slot) -> (Matrix, Matrix, Matrix) {
      let all = buffer[slot]
      return (all.rows(0..<queries), all.rows(K..<K + keys), all.rows(V..<V + keys))
    }
    let (queryRows, keyRows, valueRows) = parts(inputs.slot)
    SoftmaxAttention.forward(
      queryRows, keyRows, valueRows, firstPosition: attention.firstPosition, mask: attention.mask,
      precision: attention.precision, isPortable: attention.isPortable, into: buffer[Y],
      logSumExp: buffer[logSumExp][0], scratch: buffer[scratch][0])
    SoftmaxAttention.backward(
      queryRows, keyRows, valueRows, buffer[Y], buffer[dY.slot], logSumExp: buffer[logSumExp][0],
      firstPosition: attention.firstPosition, mask: attention.mask,
      precision: attention.precision, isPortable: attention.isPortable, into: parts(dInputs),
      scratch: buffer[scratch][0])
    return (inputs.values, dY.values, buffer[Y].elements, buffer[dInputs].elements)
  }
}

/// A shape and a way of attention.
private struct Case {
  let queries: Int
  let width: Int
  let mask: AttentionMask
  let precision: Precision
  let isPortable: Bool
  let firstPosition: Int
  let keys: Int
  /// Where keys and values begin among the rows of all inputs, which begin with the queries.
  let places: (keys: Int, values: Int)
  /// What the scratch holds before.
  var scratch: Float = 0

  /// Queries from `firstPosition` to `tokens` among keys of which `unseen` are behind the last.
  init(
    _ tokens: Int, _ width: Int, _ mask: AttentionMask, _ sharing: Sharing,
    precision: Precision = .fp32, isPortable: Bool = false, firstPosition: Int = 0,
    unseen: Int = 0
  ) {
    queries = tokens - firstPosition
    keys = tokens + unseen
    places = sharing == .tied ? (0, 0) : (queries, queries + keys)
    (self.width, self.mask, self.precision) = (width, mask, precision)
    (self.isPortable, self.firstPosition) = (isPortable, firstPosition)
  }

  /// The rows of queries, keys and values, each once.
  var inputRows: Int { places.values + keys }
}

extension Precision {
  /// Those that the processor has.
  fileprivate static var available: [Precision] { [fp32, bf16].filter(\.isAvailable) }
}
