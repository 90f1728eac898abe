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
  private func error(_ format: WeightFormat) -> Double {
    switch format {
    case .fp32: 0
    case .bf16: 1 / 256
    case .int8: 0.5 / 127 + 1e-6
    }
  }

  /// `W` as a format holds it, and the same weights as numbers.
  private func rounded(
    _ W: Matrix, _ format: WeightFormat
  ) throws -> (matrix: WeightMatrix, values: Reference.Rows, memory: Buffer) {
    let memory = try Buffer(count: W.rows * W.columns + 2 * W.rows + W.columns)
    let storage = memory.all[0..<W.rows * W.columns]
    let scales = memory.all[W.rows * W.columns..<W.rows * W.columns + W.rows]
    let matrix = WeightMatrix(
      format, rows: W.rows, columns: W.columns, in: storage,
      rowScales: format == .int8 ? scales : nil)
    for row in 0..<W.rows { scales[row] = matrix.round(W[row], toRow: row) }
    var layout = Layout()
    let slot = layout.reserve(W.rows, W.columns)
    let expanded = try Buffer(layout)
    matrix.expand(rows: 0..<W.rows, columns: 0..<W.columns, into: expanded[slot])
    return (matrix, Reference.rows(expanded[slot].elements.map(Double.init), W.columns), memory)
  }

  @Test(arguments: WeightFormat.allCases) func roundsToTheNearest(format: WeightFormat) throws {
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
  @Test(arguments: WeightFormat.allCases, shapes)
  func equalsDoublePrecision(format: WeightFormat, shape: (rows: Int, columns: Int)) throws {
    var matrices = TestMatrices(seed: UInt64(shape.rows))
    let W = matrices.random(shape.rows, shape.columns)
    let across = matrices.random(2, shape.columns)
    let along = matrices.random(2, shape.rows)
    let start = matrices.random(2, shape.rows)
    let startAlong = matrices.random(2, shape.columns)
    let parts = matrices.zeros(
      VectorProduct.partCount(rows: shape.rows, columns: shape.columns), shape.columns)
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
      buffer[along.slot], matrix, into: buffer[startAlong.slot], alpha: -1, beta: 1,
      parts: buffer[parts])
    let sums = Reference.product(inputs, values)
    let expectedSums = zip(sums.joined(), startAlong.values).map { $1 - $0 }
    #expect(relativeError(buffer[startAlong.slot].elements, expectedSums.map(Float.init)) < 1e-5)
    _ = memory
  }

  /// What is multiplied by zero is not read, and counted neither.
  @Test func zerosAreSkipped() throws {
    var matrices = TestMatrices(seed: 5)
    let W = matrices.random(10, 8)
    let x = matrices.zeros(1, 10)
    let y = matrices.zeros(1, 8)
    let parts = matrices.zeros(VectorProduct.partCount(rows: 10, columns: 8), 8)
    let buffer = try matrices.makeBuffer()
    buffer[x][0][3] = 1
    for row in 0..<10 where row != 3 { buffer[W.slot][row].fill(.nan) }
    let traffic = MemoryTraffic()
    VectorProduct(workers: Workers(threads: 1), traffic: traffic).multiply(
      buffer[x], WeightMatrix(buffer[W.slot]), into: buffer[y], alpha: 1, beta: 0,
      parts: buffer[parts])
    #expect(buffer[y].elements == buffer[W.slot].rows(3..<4).elements)
    #expect(traffic.byteCount == 8 * 4)
  }
}
