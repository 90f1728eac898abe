// swift-format-ignore-file: AlwaysUseLowerCamelCase
import CRATELM
import Testing

@Suite struct BLASTests {
  /// AVX-512 kernels replace lesser ones, unless they are in use already, the processor has no
  /// AVX-512 or the user chose.
  @Test func kernelsAreChosen() {
    func better(_ kernel: String, avx512: Bool = true, user: Bool = false) -> String? {
      BLAS.betterKernel(than: kernel, hasAVX512: avx512, isChosenByUser: user)
    }
    for kernel in ["Haswell", "Zen", "Prescott"] {
      #expect(better(kernel) == "SkylakeX")
      #expect(better(kernel, avx512: false) == nil)
      #expect(better(kernel, user: true) == nil)
    }
    for kernel in ["SkylakeX", "Cooperlake", "SapphireRapids"] { #expect(better(kernel) == nil) }
  }

  /// Every orientation, with strides larger than the rows, against sums in double precision.
  @Test(arguments: [Orientation.plain, .transposed], [Orientation.plain, .transposed])
  func productsAgree(_ left: Orientation, _ right: Orientation) throws {
    let (m, n, k) = (5, 7, 3)
    var matrices = TestMatrices(seed: 1)
    let A = left == .plain ? matrices.random(m, k + 2) : matrices.random(k, m + 2)
    let B = right == .plain ? matrices.random(k, n + 2) : matrices.random(n, k + 2)
    let C = matrices.random(m, n)
    let buffer = try matrices.makeBuffer()
    let a = buffer[A.slot].columns(1..<1 + (left == .plain ? k : m))
    let b = buffer[B.slot].columns(1..<1 + (right == .plain ? n : k))
    func rows(_ matrix: Matrix, _ orientation: Orientation) -> Reference.Rows {
      let rows = Reference.rows(matrix.elements.map(Double.init), matrix.columns)
      return orientation == .plain ? rows : Reference.transposed(rows)
    }
    let product = Reference.product(rows(a, left), rows(b, right))
    let before = Reference.rows(C.values, n)
    multiply(a, left, b, right, into: buffer[C.slot], alpha: 0.5, beta: 2)
    let expected = zip(product, before).map { zip($0, $1).map { 0.5 * $0 + 2 * $1 } }
    #expect(relativeError(buffer[C.slot].elements, Array(expected.joined())) < 1e-6)
  }
}
