import CRATELM
import Testing

@Suite struct EmbeddingTests {
  private let vocabulary = 5
  private let width = 19
  private let context = 3
  private let firstPosition = 2
  /// Two sequences, in which one token occurs three times.
  private let ids: [Int32] = [4, 0, 4, 2, 1, 4]

  /// Sums of two numbers are rounded once, as here.
  @Test func sumsTokenAndPosition() throws {
    var matrices = TestMatrices(seed: 1)
    let (E, Q) = (matrices.random(vocabulary, width), matrices.random(context + 2, width))
    let X = matrices.zeros(ids.count, width)
    let buffer = try matrices.makeBuffer()
    for rows in [0..<2, 2..<6] {
      Embedding.forward(
        ids.span, rows: rows, tokens: buffer[E.slot], positions: buffer[Q.slot],
        position: { firstPosition + $0 % context }, into: buffer[X])
    }
    #expect(buffer[X].elements == output(E.values, Q.values).joined().map(Float.init))
  }

  private func output(_ E: [Double], _ Q: [Double]) -> Reference.Rows {
    [ids[..<context], ids[context...]].flatMap {
      Reference.embedding(
        Array($0), tokens: Reference.rows(E, width), positions: Reference.rows(Q, width),
        firstPosition: firstPosition)
    }
  }

  /// A sum of four numbers in single precision is off by 10⁻⁷ of it.
  @Test func gradientsAreCentralDifferences() throws {
    var matrices = TestMatrices(seed: 2)
    let (E, Q) = (matrices.random(vocabulary, width), matrices.random(context + 2, width))
    let dX = matrices.random(ids.count, width)
    let (dE, dQ) = (matrices.zeros(vocabulary, width), matrices.zeros(context + 2, width))
    let buffer = try matrices.makeBuffer()
    // As columns are cut into tasks.
    for columns in [0..<16, 16..<width] {
      Embedding.backward(
        ids.span, buffer[dX.slot].columns(columns), tokens: buffer[dE].columns(columns),
        positions: buffer[dQ].rows(firstPosition..<firstPosition + context).columns(columns),
        context: context)
    }
    let tokens = Reference.gradient(at: E.values) {
      Reference.weighted(output($0, Q.values), by: dX.values)
    }
    let positions = Reference.gradient(at: Q.values) {
      Reference.weighted(output(E.values, $0), by: dX.values)
    }
    #expect(relativeError(buffer[dE].elements, tokens) < 1e-6)
    #expect(relativeError(buffer[dQ].elements, positions) < 1e-6)
    // Token 3 does not occur, the first two positions are nobody's.
    #expect(buffer[dE][3].squared == 0 && buffer[dQ][0].squared == 0 && buffer[dQ][1].squared == 0)
  }
}

extension Row {
  fileprivate var squared: Double { Reductions.squaredNorm(self) }
}
