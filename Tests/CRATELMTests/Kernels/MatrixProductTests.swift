// swift-format-ignore-file: AlwaysUseLowerCamelCase
import CRATELM
import Testing

/// Products against sums in double precision, in shapes that end inside of every block.
@Suite struct MatrixProductTests {
  struct Shape: Sendable {
    let m: Int
    let n: Int
    let k: Int
  }

  static let shapes = [
    Shape(m: 1, n: 5, k: 7), Shape(m: 16, n: 16, k: 16), Shape(m: 17, n: 33, k: 15),
    Shape(m: 25, n: 31, k: 257), Shape(m: 48, n: 64, k: 600), Shape(m: 19, n: 70, k: 1040),
    Shape(m: 23, n: 100, k: 1),
  ]

  @Test(arguments: shapes, [Orientation.plain, .transposed])
  func areSumsOfProducts(_ shape: Shape, orientationB: Orientation) throws {
    for orientationA in [Orientation.plain, .transposed] {
      for (alpha, beta) in [(1.0, 0.0), (1, 1), (-0.5, 0.25)] {
        var matrices = TestMatrices(seed: 3)
        let (m, n, k) = (shape.m, shape.n, shape.k)
        let A = orientationA == .plain ? matrices.random(m, k) : matrices.random(k, m)
        let B = orientationB == .plain ? matrices.random(k, n) : matrices.random(n, k)
        let C = matrices.random(m, n)
        let buffer = try matrices.makeBuffer()
        multiply(
          buffer[A.slot], orientationA, buffer[B.slot], orientationB, into: buffer[C.slot],
          alpha: Float(alpha), beta: Float(beta))
        for i in 0..<m {
          for j in 0..<n {
            var sum = 0.0
            for p in 0..<k {
              let a = orientationA == .plain ? A.values[i * k + p] : A.values[p * m + i]
              let b = orientationB == .plain ? B.values[p * n + j] : B.values[j * k + p]
              sum += a * b
            }
            let expected = alpha * sum + beta * C.values[i * n + j]
            // The rounding of k sums of numbers of order one.
            let tolerance = 1e-6 * (4 + Double(k).squareRoot() * 4)
            #expect(abs(Double(buffer[C.slot][i][j]) - expected) < tolerance)
          }
        }
      }
    }
  }

  /// Tasks may cut a result anywhere.
  @Test(.enabled(if: ProcessorFeatures.current.hasAVX512))
  func haveTheSameBitsHoweverRowsAndColumnsAreCut() throws {
    var matrices = TestMatrices(seed: 4)
    let A = matrices.random(64, 700)
    let B = matrices.random(700, 96)
    let (C, parts) = (matrices.zeros(64, 96), matrices.zeros(64, 96))
    let buffer = try matrices.makeBuffer()
    multiply(buffer[A.slot], .plain, buffer[B.slot], .plain, into: buffer[C])
    for (rows, columns) in [(0..<21, 0..<40), (0..<21, 40..<96), (21..<64, 0..<96)] {
      multiply(
        buffer[A.slot].rows(rows), .plain, buffer[B.slot].columns(columns), .plain,
        into: buffer[parts].rows(rows).columns(columns))
    }
    #expect(buffer[parts].elements == buffer[C].elements)
  }
}
