// swift-format-ignore-file: AlwaysUseLowerCamelCase
// GELU(x) = x·Φ(x)          GELU′(x) = Φ(x) + x·φ(x)        Φ, φ  normal distribution and density
// tanh form: Φ(x) ≈ σ(2√(2/π)·(x + 0.044715·x³))

import CKernels

extension Activation {
  /// `Y = φ(X)`; ReLU keeps NaN and turns −∞ into 0, `CKernels.h` has the edge cases of GELU.
  package func forward(_ X: Matrix, into Y: Matrix) {
    precondition(X.rows == Y.rows && X.columns == Y.columns)
    for row in 0..<X.rows {
      let (x, y) = (X[row], Y[row])
      switch self {
      case .gelu: unsafe row_gelu(x.base, y.base, x.count)
      case .geluTanh: unsafe row_gelu_tanh(x.base, y.base, x.count)
      case .relu: for index in 0..<x.count { y[index] = x[index] < 0 ? 0 : x[index] }
      }
    }
  }

  /// Replaces `dY` by `dX = dY ∘ φ′(X)`; φ′ of ReLU is 0 at 0 and at NaN.
  package func backward(_ X: Matrix, _ dY: Matrix) {
    precondition(X.rows == dY.rows && X.columns == dY.columns)
    for row in 0..<X.rows {
      let (x, dy) = (X[row], dY[row])
      switch self {
      case .gelu: unsafe row_gelu_gradient(x.base, dy.base, x.count)
      case .geluTanh: unsafe row_gelu_tanh_gradient(x.base, dy.base, x.count)
      case .relu: for index in 0..<x.count { dy[index] = x[index] > 0 ? dy[index] : 0 }
      }
    }
  }
}
