import CKernels
import COpenBLAS
import Glibc

/// Whether a factor of a product is taken as it stands or transposed.
package enum Orientation: Sendable {
  case plain, transposed
}

/// `C ← α · A·B + β · C`, with each factor as it stands or transposed.
///
/// By the BLAS; with factors rounded to bfloat16, which it does not know, by a kernel of our own.
///
/// - Parameters:
///   - A: the left factor.
///   - orientationA: how `A` enters.
///   - B: the right factor.
///   - orientationB: how `B` enters.
///   - C: the result; may not overlap the factors.
///   - alpha: the scale of the product.
///   - beta: the scale of what `C` held; 0 overwrites it, 1 adds to it.
///   - precision: to what the factors are rounded, where there are more than a few rows.
/// - Precondition: the shapes agree; the processor has the precision.
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

extension Orientation {
  fileprivate var transpose: CBLAS_TRANSPOSE { self == .plain ? CblasNoTrans : CblasTrans }
}

/// The rows of a result from which on rounding and packing the factors pays.
private let leastRoundedRows = 16

extension Precision {
  /// Whether this processor has the instructions for it.
  public var isAvailable: Bool {
    switch self {
    case .fp32: true
    case .bf16: bfloat_product_is_available()
    }
  }

  /// Makes sure that this processor has the instructions for it.
  ///
  /// - Throws: ``ConfigurationError`` where it has not.
  public func require() throws(ConfigurationError) {
    guard !isAvailable else { return }
    throw ConfigurationError(
      """
      The precision \(rawValue) needs a processor with AVX-512 and its bf16 instructions, which \
      \(ProcessorFeatures.current.model) has not; train with fp32.
      """)
  }
}

/// The BLAS library, with its kernels chosen.
public struct BLAS: Sendable {
  /// The name of the kernels in use, as the library gives it.
  public let kernel: String
  /// The library's version and build options, as it gives them.
  public let build: String
  /// Whether several threads may call the library at the same time.
  public let allowsConcurrentCalls: Bool
  /// Whether the user chose the kernels, by `OPENBLAS_CORETYPE`.
  public let isChosenByUser: Bool

  /// The library, chosen on first use and before any product.
  ///
  /// Products run on one thread each, because the work is cut into tasks above them. On a CPU
  /// with AVX-512 whose model the library does not know, its AVX-512 kernels are chosen, unless
  /// the user set `OPENBLAS_CORETYPE`.
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

  /// The kernels to choose instead of `kernel`, where these are not the best for the processor and
  /// not the user's own choice.
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
