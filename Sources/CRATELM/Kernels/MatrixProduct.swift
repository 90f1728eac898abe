import CKernels
import COpenBLAS
import Glibc

/// The form in which a factor enters a product: as stored or transposed.
package enum Orientation: Sendable {
  case plain, transposed
}

/// `C ← α · A·B + β · C`, with each factor as stored or transposed.
///
/// The BLAS computes it; with factors rounded to bfloat16, a kernel of ours. A NaN spreads to its
/// row or column of `C`; a NaN in `C` stays unless `beta` is 0.
///
/// - Parameters:
///   - A: the left factor.
///   - orientationA: the form of `A`.
///   - B: the right factor.
///   - orientationB: the form of `B`.
///   - C: the result; may not overlap the factors.
///   - alpha: the scale of the product.
///   - beta: the scale of the former `C`; 0 overwrites it, 1 adds to it.
///   - precision: the rounding of the factors; results of fewer than 16 rows are always `fp32`.
/// - Precondition: the shapes agree and `precision` is available.
package func multiply(
  _ A: Matrix, _ orientationA: Orientation = .plain,
  _ B: Matrix, _ orientationB: Orientation = .plain,
  into C: Matrix, alpha: Float = 1, beta: Float = 0, precision: Precision = .fp32
) {
  let (m, k) = orientationA == .plain ? (A.rows, A.columns) : (A.columns, A.rows)
  let (k2, n) = orientationB == .plain ? (B.rows, B.columns) : (B.columns, B.rows)
  precondition(
    k == k2 && m == C.rows && n == C.columns,
    "[\(m), \(k)] × [\(k2), \(n)] into [\(C.rows), \(C.columns)]")
  switch precision {
  case .bf16 where m >= leastRoundedRows:
    unsafe bfloat_product(
      Product(
        m: m, n: n, k: k, a: A.base, a_stride: A.stride,
        a_is_transposed: orientationA == .transposed, b: B.base, b_stride: B.stride,
        b_is_transposed: orientationB == .transposed, c: C.base, c_stride: C.stride,
        alpha: alpha, beta: beta))
  case .bf16, .fp32:
    unsafe cblas_sgemm(
      CblasRowMajor, orientationA.transpose, orientationB.transpose, blasint(m), blasint(n),
      blasint(k), alpha, A.base, blasint(A.stride), B.base, blasint(B.stride), beta, C.base,
      blasint(C.stride))
  }
}

/// Products with a symmetric result or factor, of which the BLAS computes or reads one half.
package enum SymmetricProduct {
  /// The width of the square blocks in which a half is copied.
  private static let blockWidth = 64

  /// `C ← α · A·Aᵀ + β · C`, or `α · Aᵀ·A + β · C` for a transposed `A`, in the lower half of `C`.
  package static func square(
    _ A: Matrix, _ orientation: Orientation = .plain, intoLowerHalfOf C: Matrix, alpha: Float = 1,
    beta: Float = 0
  ) {
    let isPlain = orientation == .plain
    let (n, k) = isPlain ? (A.rows, A.columns) : (A.columns, A.rows)
    precondition(C.rows == n && C.columns == n, "[\(C.rows), \(C.columns)] for \(n) × \(n)")
    unsafe cblas_ssyrk(
      CblasRowMajor, CblasLower, isPlain ? CblasNoTrans : CblasTrans, blasint(n), blasint(k),
      alpha, A.base, blasint(A.stride), beta, C.base, blasint(C.stride))
  }

  /// `C ← S·B + β · C`, or `B·S + β · C` with `S` on the right; only the lower half of `S` is read.
  package static func multiply(
    lowerHalfOf S: Matrix, isLeft: Bool, _ B: Matrix, into C: Matrix, beta: Float = 0
  ) {
    precondition(
      S.rows == S.columns && S.rows == (isLeft ? B.rows : B.columns) && C.rows == B.rows
        && C.columns == B.columns, "[\(S.rows), \(S.columns)] with [\(B.rows), \(B.columns)]")
    unsafe cblas_ssymm(
      CblasRowMajor, isLeft ? CblasLeft : CblasRight, CblasLower, blasint(B.rows),
      blasint(B.columns), 1, S.base, blasint(S.stride), B.base, blasint(B.stride), beta, C.base,
      blasint(C.stride))
  }

  /// The logarithm of the determinant of a positive definite `S`, of which only the lower half is
  /// read; the factor of its Cholesky decomposition replaces it.
  ///
  /// The diagonal keeps its relative precision, so an error of `S` counts relative to it.
  ///
  /// - Returns: NaN if rounding, a NaN or an infinity leaves no factor.
  package static func logDeterminant(lowerHalfOf S: Matrix) -> Double {
    precondition(S.rows == S.columns, "the determinant of [\(S.rows), \(S.columns)]")
    // What is the lower half by rows is the upper half by columns.
    var (half, info) = (CChar(UInt8(ascii: "U")), blasint(0))
    var (size, stride) = (blasint(S.rows), blasint(S.stride))
    unsafe spotrf_(&half, &size, S.base, &stride, &info)
    guard info == 0 else { return .nan }
    return 2 * (0..<S.rows).reduce(0) { $0 + Double(S[$1][$1]).logarithm }
  }

  /// Copies the lower half of `S` to its upper half.
  package static func mirrorLowerHalf(of S: Matrix) {
    for first in stride(from: 0, to: S.rows, by: blockWidth) {
      let block = first..<min(first + blockWidth, S.rows)
      for row in block { for column in first..<row { S[column][row] = S[row][column] } }
      let below = S.rows - block.upperBound
      guard below > 0 else { return }
      unsafe cblas_somatcopy(
        CblasRowMajor, CblasTrans, blasint(below), blasint(block.count), 1,
        S.base + block.upperBound * S.stride + first, blasint(S.stride),
        S.base + first * S.stride + block.upperBound, blasint(S.stride))
    }
  }
}

extension Orientation {
  fileprivate var transpose: CBLAS_TRANSPOSE { self == .plain ? CblasNoTrans : CblasTrans }
}

/// The least rows of a result for which rounding and packing the factors pays.
private let leastRoundedRows = 16

extension Precision {
  /// Whether this processor has the instructions for products in this precision.
  public var isAvailable: Bool {
    switch self {
    case .fp32: true
    case .bf16: bfloat_product_is_available()
    }
  }

  /// The precision in which training is the fastest on this processor.
  public static var fastest: Precision { bf16.isAvailable ? .bf16 : .fp32 }

  /// The tokens that training reads while it reads one in single precision, about.
  package var trainingSpeed: Double {
    switch self {
    case .fp32: 1
    case .bf16: 1.75
    }
  }

  /// Checks that the precision is available.
  ///
  /// - Throws: ``ConfigurationError`` if it is not.
  public func require() throws(ConfigurationError) {
    guard !isAvailable else { return }
    throw ConfigurationError(
      """
      The precision \(rawValue) needs a processor with AVX-512 and its bf16 instructions, which \
      \(ProcessorFeatures.current.model) has not; train with fp32.
      """)
  }
}

/// The BLAS library and its choice of kernels.
public struct BLAS: Sendable {
  /// The library's name of the kernels in use.
  public let kernel: String
  /// The library's version and build options.
  public let build: String
  /// Whether several threads may call the library at the same time.
  public let allowsConcurrentCalls: Bool
  /// Whether the user chose the kernels by `OPENBLAS_CORETYPE`.
  public let isChosenByUser: Bool

  /// The library, set up on first use and before any product.
  ///
  /// A product runs on one thread, because callers cut the work into tasks. If the library does not
  /// know a CPU with AVX-512, it is made to use its AVX-512 kernels, unless the user set
  /// `OPENBLAS_CORETYPE`.
  public static let selected = BLAS()

  private static let kernelVariable = "OPENBLAS_CORETYPE"
  private static let avx512Kernels = ["skylakex", "cooperlake", "sapphirerapids"]

  private init() {
    isChosenByUser = unsafe getenv(Self.kernelVariable) != nil
    if let better = Self.betterKernel(
      than: Self.currentKernel, hasAVX512: ProcessorFeatures.current.hasAVX512,
      isChosenByUser: isChosenByUser)
    {
      unsafe setenv(Self.kernelVariable, better, 1)
      if openblas_select_kernels_again() == 0 { unsafe unsetenv(Self.kernelVariable) }
    }
    openblas_set_num_threads(1)
    kernel = Self.currentKernel
    build = unsafe openblas_get_config().map { unsafe String(cString: $0) } ?? "OpenBLAS"
    allowsConcurrentCalls = openblas_get_parallel() != 0
  }

  /// The kernels to use instead of `kernel`; `nil` if `kernel` is right for the processor or the
  /// user's choice.
  package static func betterKernel(
    than kernel: String, hasAVX512: Bool, isChosenByUser: Bool
  ) -> String? {
    hasAVX512 && !isChosenByUser && !isAVX512(kernel) ? "SkylakeX" : nil
  }

  /// Whether the kernels use AVX-512.
  public var usesAVX512: Bool { Self.isAVX512(kernel) }

  private static func isAVX512(_ kernel: String) -> Bool {
    avx512Kernels.contains(kernel.lowercased())
  }

  private static var currentKernel: String {
    unsafe openblas_get_corename().map { unsafe String(cString: $0) } ?? "unknown"
  }
}
