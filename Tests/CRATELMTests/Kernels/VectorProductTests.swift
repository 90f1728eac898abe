// swift-format-ignore-file: AlwaysUseLowerCamelCase
import CRATELM
import Parallel
import Testing

/// Products of a few vectors with weights in every format against double precision.
@Suite struct VectorProductTests {
  /// Widths around whole lanes, pairs of them and streams of rows; the last is cut by columns.
  private static let shapes = [
    (rows: 1, columns: 1), (rows: 3, columns: 17), (rows: 9, columns: 32), (rows: 70, columns: 53),
    (rows: 300, columns: 64), (rows: 5, columns: 9000),
  ]

  /// How far a weight may be from its value, of the largest of its row: half a unit of the last
  /// place of 8 bits of mantissa, or half a step of 127.
  private func error(_ format: NumberFormat) -> Double {
    switch format {
    case .fp32: 0
    case .bf16: 1 / 256
    case .int8: 0.5 / 127 + 1e-6
    }
  }

  /// `W` as a format holds it, and the same weights as numbers.
  private func rounded(
    _ W: Matrix, _ format: NumberFormat
  ) throws -> (matrix: StoredMatrix, values: Reference.Rows, memory: Buffer) {
    let memory = try Buffer(count: W.rows * W.columns + 2 * W.rows + W.columns)
    let storage = memory.all[0..<W.rows * W.columns]
    let scales = memory.all[W.rows * W.columns..<W.rows * W.columns + W.rows]
    let matrix = StoredMatrix(
      format, rows: W.rows, columns: W.columns, in: storage,
      rowScales: format == .int8 ? scales : nil)
    for row in 0..<W.rows { scales[row] = matrix.round(W[row], toRow: row) }
    var layout = Layout()
    let slot = layout.reserve(W.rows, W.columns)
    let expanded = try Buffer(layout)
    matrix.expand(rows: 0..<W.rows, columns: 0..<W.columns, into: expanded[slot])
    return (matrix, Reference.rows(expanded[slot].elements.map(Double.init), W.columns), memory)
  }

  @Test(arguments: NumberFormat.allCases) func roundsToTheNearest(format: NumberFormat) throws {
    var matrices = TestMatrices(seed: 11)
    let W = matrices.random(40, 130)
    let buffer = try matrices.makeBuffer()
    let (_, values, memory) = try rounded(buffer[W.slot], format)
    for (row, original) in zip(values, Reference.rows(W.values, 130)) {
      let largest = original.map(abs).max() ?? 0
      for (value, weight) in zip(row, original) {
        let scale = format == .bf16 ? abs(weight) : largest
        #expect(abs(value - weight) <= error(format) * scale)
      }
    }
    _ = memory
  }

  /// Every row is a sum of so many products in single precision: 10⁻⁵ of the vectors' lengths.
  @Test(arguments: NumberFormat.allCases, shapes)
  func equalsDoublePrecision(format: NumberFormat, shape: (rows: Int, columns: Int)) throws {
    var matrices = TestMatrices(seed: UInt64(shape.rows))
    let W = matrices.random(shape.rows, shape.columns)
    let across = matrices.random(2, shape.columns)
    let along = matrices.random(2, shape.rows)
    let start = matrices.random(2, shape.rows)
    let startAlong = matrices.random(2, shape.columns)
    let buffer = try matrices.makeBuffer()
    // Half of what the rows are combined with is exactly zero.
    for index in stride(from: 0, to: shape.rows, by: 2) { buffer[along.slot][1][index] = 0 }
    let (matrix, values, memory) = try rounded(buffer[W.slot], format)
    let product = VectorProduct(workers: Workers(threads: 2), traffic: nil)

    product.multiplyTransposed(
      buffer[across.slot], matrix, into: buffer[start.slot], alpha: 0.5, beta: 2)
    let dots = Reference.product(
      Reference.rows(across.values, shape.columns), Reference.transposed(values))
    let expectedDots = zip(dots.joined(), start.values).map { 0.5 * $0 + 2 * $1 }
    #expect(relativeError(buffer[start.slot].elements, expectedDots.map(Float.init)) < 1e-5)

    let inputs = Reference.rows(buffer[along.slot].elements.map(Double.init), shape.rows)
    product.multiply(
      buffer[along.slot], matrix, into: buffer[startAlong.slot], alpha: -1, beta: 1)
    let sums = Reference.product(inputs, values)
    let expectedSums = zip(sums.joined(), startAlong.values).map { $1 - $0 }
    #expect(relativeError(buffer[startAlong.slot].elements, expectedSums.map(Float.init)) < 1e-5)
    _ = memory
  }

  /// A vector gives the same bits alone, where its zeros are skipped, and among others, where they
  /// are added, on any number of threads.
  @Test(arguments: NumberFormat.allCases, [Orientation.plain, .transposed])
  func companyChangesNoBit(format: NumberFormat, orientation: Orientation) throws {
    for (rows, columns) in Self.shapes + [(200, 8209), (8209, 20)] {
      let (inputs, outputs) = orientation == .plain ? (rows, columns) : (columns, rows)
      var matrices = TestMatrices(seed: 21)
      let W = matrices.random(rows, columns)
      let X = matrices.random(40, inputs)
      let start = matrices.random(40, outputs)
      let results = matrices.zeros(40, outputs)
      let buffer = try matrices.makeBuffer()
      // Every other number of a vector, more than a whole part and all numbers of others are zero.
      for index in stride(from: 0, to: inputs, by: 2) { buffer[X.slot][0][index] = 0 }
      for index in 0..<min(inputs, 200) { buffer[X.slot][1][index] = -0.0 }
      buffer[X.slot][2].fill(0)
      let (matrix, _, memory) = try rounded(buffer[W.slot], format)
      func bits(_ range: Range<Int>, threads: Int, beta: Float) -> [UInt32] {
        let product = VectorProduct(workers: Workers(count: threads), traffic: nil)
        let (some, Y) = (buffer[X.slot].rows(range), buffer[results].rows(range))
        Y.copy(from: buffer[start.slot].rows(range))
        switch orientation {
        case .plain: product.multiply(some, matrix, into: Y, alpha: 0.3, beta: beta)
        case .transposed:
          product.multiplyTransposed(some, matrix, into: Y, alpha: 0.3, beta: beta)
        }
        return Y.elements.map(\.bitPattern)
      }
      for beta in [0, -0.7] as [Float] {
        let all = bits(0..<40, threads: 1, beta: beta)
        for range in [0..<1, 1..<2, 2..<3, 39..<40, 0..<2, 0..<3, 0..<15, 0..<16, 0..<17, 0..<40] {
          #expect(
            bits(range, threads: range.count % 3 + 1, beta: beta)
              == Array(all[range.lowerBound * outputs..<range.upperBound * outputs]))
        }
      }
      _ = memory
    }
  }

  /// Underflow may leave −0, which a skipped zero would keep and an added one would not.
  @Test func zerosHaveOneSign() throws {
    var matrices = TestMatrices(seed: 1)
    let W = matrices.zeros(2, 1)
    let X = matrices.zeros(2, 2)
    let Y = matrices.zeros(2, 1)
    let buffer = try matrices.makeBuffer()
    (buffer[W][0][0], buffer[W][1][0]) = (-.leastNormalMagnitude, 1)
    (buffer[X][0][0], buffer[X][1][1]) = (.leastNormalMagnitude, 1)
    let product = VectorProduct(workers: Workers(count: 1), traffic: nil)
    for count in [1, 2] {
      buffer[Y][0][0] = -0.0
      product.multiply(
        buffer[X].rows(0..<count), StoredMatrix(buffer[W]), into: buffer[Y].rows(0..<count),
        alpha: 1, beta: 1)
      #expect(buffer[Y][0][0].bitPattern == 0)
    }
  }

  /// What all vectors multiply by zero is not read, the rest once; so is it counted.
  @Test func zerosAreSkipped() throws {
    var matrices = TestMatrices(seed: 5)
    let W = matrices.random(10, 8)
    let X = matrices.zeros(3, 10)
    let Y = matrices.zeros(3, 8)
    let buffer = try matrices.makeBuffer()
    for (vector, place) in [3, 3, 7].enumerated() { buffer[X][vector][place] = 1 }
    for row in 0..<10 where row != 3 && row != 7 { buffer[W.slot][row].fill(.nan) }
    let traffic = MemoryTraffic()
    let product = VectorProduct(workers: Workers(threads: 1), traffic: traffic)
    product.multiply(buffer[X], StoredMatrix(buffer[W.slot]), into: buffer[Y], alpha: 1, beta: 0)
    #expect(buffer[Y].elements == [3, 3, 7].flatMap { buffer[W.slot].rows($0..<$0 + 1).elements })
    #expect(traffic.byteCount == 2 * 8 * 4)
    product.multiplyTransposed(
      buffer[Y], StoredMatrix(buffer[W.slot]), into: buffer[X], alpha: 1, beta: 0)
    #expect(traffic.byteCount == 2 * 8 * 4 + 10 * 8 * 4)
  }
}
