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
        try check(shape, orientationA, orientationB, alpha, beta, .fp32)
      }
    }
  }

  /// The products of factors rounded to bfloat16 are exact in single precision.
  @Test(.enabled(if: Precision.bf16.isAvailable), arguments: shapes.filter { $0.m >= 16 })
  func roundToBfloat16(_ shape: Shape) throws {
    for orientationA in [Orientation.plain, .transposed] {
      for orientationB in [Orientation.plain, .transposed] {
        try check(shape, orientationA, orientationB, -0.5, 0.25, .bf16)
      }
    }
  }

  private func check(
    _ shape: Shape, _ orientationA: Orientation, _ orientationB: Orientation, _ alpha: Double,
    _ beta: Double, _ precision: Precision
  ) throws {
    var matrices = TestMatrices(seed: 3)
    let (m, n, k) = (shape.m, shape.n, shape.k)
    let A = orientationA == .plain ? matrices.random(m, k) : matrices.random(k, m)
    let B = orientationB == .plain ? matrices.random(k, n) : matrices.random(n, k)
    let C = matrices.random(m, n)
    let buffer = try matrices.makeBuffer()
    multiply(
      buffer[A.slot], orientationA, buffer[B.slot], orientationB, into: buffer[C.slot],
      alpha: Float(alpha), beta: Float(beta), precision: precision)
    let factors = [A.values, B.values].map { $0.map { precision.rounded($0) } }
    for i in 0..<m {
      for j in 0..<n {
        var sum = 0.0
        for p in 0..<k {
          let a = factors[0][orientationA == .plain ? i * k + p : p * m + i]
          let b = factors[1][orientationB == .plain ? p * n + j : j * k + p]
          sum += a * b
        }
        let expected = alpha * sum + beta * C.values[i * n + j]
        // The rounding of k sums of numbers of order one.
        let tolerance = 4e-6 * (1 + Double(k).squareRoot())
        #expect(abs(Double(buffer[C.slot][i][j]) - expected) < tolerance)
      }
    }
  }

  /// The kernel for bfloat16 lets tasks cut a result anywhere; the BLAS does not promise it.
  @Test(.enabled(if: Precision.bf16.isAvailable))
  func haveTheSameBitsHoweverRowsAndColumnsAreCut() throws {
    var matrices = TestMatrices(seed: 4)
    let A = matrices.random(64, 700)
    let B = matrices.random(700, 96)
    let (C, parts) = (matrices.zeros(64, 96), matrices.zeros(64, 96))
    let buffer = try matrices.makeBuffer()
    multiply(
      buffer[A.slot], .plain, buffer[B.slot], .plain, into: buffer[C], precision: .bf16)
    for (rows, columns) in [(0..<21, 0..<40), (0..<21, 40..<96), (21..<64, 0..<96)] {
      multiply(
        buffer[A.slot].rows(rows), .plain, buffer[B.slot].columns(columns), .plain,
        into: buffer[parts].rows(rows).columns(columns), precision: .bf16)
    }
    #expect(buffer[parts].elements == buffer[C].elements)
  }

  /// det [[4, 2], [2, 3]] = 8; what is above the diagonal is not read.
  @Test func determinantsOfPositiveMatrices() throws {
    var matrices = TestMatrices(seed: 5)
    let slot = matrices.zeros(2, 5)
    let buffer = try matrices.makeBuffer()
    func logDeterminant(_ a: Float, _ b: Float, _ c: Float) -> Double {
      let S = buffer[slot].columns(1..<3)
      (S[0][0], S[0][1], S[1][0], S[1][1]) = (a, 99, b, c)
      return SymmetricProduct.logDeterminant(lowerHalfOf: S)
    }
    #expect(abs(logDeterminant(4, 2, 3) - 2.0794415416798357) < 1e-6)
    #expect(logDeterminant(1, 2, 1).isNaN)
    #expect(logDeterminant(.nan, 0, 1).isNaN)
  }
}

extension Precision {
  /// The nearest number, ties to even, that the precision has.
  fileprivate func rounded(_ x: Double) -> Double {
    let bits = Float(x).bitPattern
    switch self {
    case .fp32: return x
    case .bf16:
      let even = bits &+ 0x7FFF &+ (bits >> 16 & 1)
      return Double(Float(bitPattern: even & 0xFFFF_0000))
    }
  }
}
