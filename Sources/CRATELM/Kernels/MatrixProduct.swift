import COpenBLAS
import Glibc

/// Whether a factor of a product is taken as it stands or transposed.
package enum Orientation: Sendable {
  case plain, transposed
}

/// `C ← α · A·B + β · C`, with each factor as it stands or transposed.
///
/// - Parameters:
///   - A: the left factor.
///   - orientationA: how `A` enters.
///   - B: the right factor.
///   - orientationB: how `B` enters.
///   - C: the result; may not overlap the factors.
///   - alpha: the scale of the product.
///   - beta: the scale of what `C` held; 0 overwrites it, 1 adds to it.
/// - Precondition: the shapes agree.
package func multiply(
  _ A: Matrix, _ orientationA: Orientation = .plain,
  _ B: Matrix, _ orientationB: Orientation = .plain,
  into C: Matrix, alpha: Float = 1, beta: Float = 0
) {
  let (m, k) = orientationA == .plain ? (A.rows, A.columns) : (A.columns, A.rows)
  let (k2, n) = orientationB == .plain ? (B.rows, B.columns) : (B.columns, B.rows)
  precondition(
    k == k2 && m == C.rows && n == C.columns,
    "[\(m), \(k)] × [\(k2), \(n)] into [\(C.rows), \(C.columns)]")
  unsafe cblas_sgemm(
    CblasRowMajor, orientationA == .plain ? CblasNoTrans : CblasTrans,
    orientationB == .plain ? CblasNoTrans : CblasTrans, blasint(m), blasint(n), blasint(k), alpha,
    A.base, blasint(A.stride), B.base, blasint(B.stride), beta, C.base, blasint(C.stride))
}

/// The BLAS library behind ``multiply(_:_:_:_:into:alpha:beta:)``.
public enum BLAS {
  /// Prepares the library; called before the first product.
  ///
  /// Products run on one thread each, because the work is cut into tasks above them. On a CPU
  /// with AVX-512 whose model the library does not know, its AVX-512 kernels are chosen, unless
  /// the user set `OPENBLAS_CORETYPE`.
  public static func prepare() {
    _ = prepared
  }

  private static let prepared: Bool = {
    if unsafe getenv(kernelVariable) == nil, ProcessorFeatures.current.hasAVX512,
      !avx512Kernels.contains(kernel.lowercased())
    {
      unsafe setenv(kernelVariable, preferredKernel, 1)
      if openblas_select_kernels_again() == 0 { unsafe unsetenv(kernelVariable) }
    }
    openblas_set_num_threads(1)
    return true
  }()

  private static let kernelVariable = "OPENBLAS_CORETYPE"
  private static let preferredKernel = "SkylakeX"
  private static let avx512Kernels = ["skylakex", "cooperlake", "sapphirerapids"]

  /// The name of the kernels in use, as the library gives it.
  public static var kernel: String {
    guard let name = unsafe openblas_get_corename() else { return "unknown" }
    return unsafe String(cString: name)
  }

  /// The library's version and build options, as it gives them.
  public static var build: String {
    guard let text = unsafe openblas_get_config() else { return "OpenBLAS" }
    return unsafe String(cString: text)
  }

  /// Whether several threads may call the library at the same time.
  public static var allowsConcurrentCalls: Bool { openblas_get_parallel() != 0 }
}
