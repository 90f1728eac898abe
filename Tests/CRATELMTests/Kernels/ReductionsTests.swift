import CRATELM
import Testing

/// Counts around the sixteen lanes of a step.
@Suite struct ReductionsTests {
  private static let counts = [1, 15, 16, 17, 33, 100, 1000]

  /// A sum of n products in any order is off by at most n·2⁻²⁴ of the sum of their magnitudes.
  @Test(arguments: counts) func innerProducts(count: Int) throws {
    var matrices = TestMatrices(seed: UInt64(count))
    let (a, b) = (matrices.random(1, count), matrices.random(1, count))
    let buffer = try matrices.makeBuffer()
    let products = zip(a.values, b.values).map { $0 * $1 }
    let bound = Double(count) / 16_777_216 * products.reduce(0) { $0 + abs($1) }
    let found = Double(Reductions.dot(buffer[a.slot][0], buffer[b.slot][0]))
    #expect(abs(found - products.reduce(0, +)) <= bound)

    // In double precision, 2⁻⁵³ for each.
    let squares = a.values.reduce(0) { $0 + $1 * $1 }
    let norm = Reductions.squaredNorm(buffer[a.slot][0])
    #expect(abs(norm - squares) <= Double(count) / 9e15 * squares)
  }

  /// The order of a sum follows from its length, not from where it lies in memory.
  @Test(arguments: counts) func placesDoNotChangeBits(count: Int) throws {
    var matrices = TestMatrices(seed: 3)
    let (a, b) = (matrices.random(1, count), matrices.random(1, count))
    let buffer = try matrices.makeBuffer()
    let moved = try Buffer(count: 2 * count + 40)
    for offset in 1..<16 {
      let x = moved.all[offset..<offset + count]
      let y = moved.all[count + 2 * offset..<2 * count + 2 * offset]
      x.copy(from: buffer[a.slot][0])
      y.copy(from: buffer[b.slot][0])
      #expect(Reductions.dot(x, y) == Reductions.dot(buffer[a.slot][0], buffer[b.slot][0]))
      #expect(Reductions.squaredNorm(x) == Reductions.squaredNorm(buffer[a.slot][0]))
    }
  }

  /// A single sum is rounded once; half of a number is exact.
  @Test(arguments: counts) func sumsOfRows(count: Int) throws {
    var matrices = TestMatrices(seed: UInt64(count))
    let (a, b) = (matrices.random(1, count), matrices.random(1, count))
    let sum = matrices.zeros(1, count)
    let buffer = try matrices.makeBuffer()
    Reductions.sum(buffer[a.slot][0], buffer[b.slot][0], into: buffer[sum][0])
    #expect(buffer[sum].elements == zip(a.values, b.values).map { Float($0 + $1) })
    Reductions.add(buffer[a.slot][0], scale: -0.5, to: buffer[b.slot][0])
    #expect(buffer[b.slot].elements == zip(a.values, b.values).map { Float($1 - $0 / 2) })
  }

  @Test func sumsOfMatrices() throws {
    var matrices = TestMatrices(seed: 4)
    let (X, Y) = (matrices.random(3, 21), matrices.random(3, 21))
    let row = matrices.random(1, 21)
    let total = matrices.zeros(1, 21)
    let buffer = try matrices.makeBuffer()
    Reductions.addColumnSums(of: buffer[X.slot], to: buffer[total][0])
    let rows = Reference.rows(X.values, 21).map { $0.map(Float.init) }
    #expect(
      buffer[total].elements == rows[0].indices.map { rows[0][$0] + rows[1][$0] + rows[2][$0] })

    Reductions.add(buffer[X.slot], to: buffer[Y.slot])
    let sums = zip(X.values, Y.values).map { Float($0 + $1) }
    #expect(buffer[Y.slot].elements == sums)

    Reductions.add(buffer[row.slot][0], toRowsOf: buffer[X.slot])
    let expected = X.values.enumerated().map { Float($1 + row.values[$0 % 21]) }
    #expect(buffer[X.slot].elements == expected)
  }
}
