// Φ  normal distribution function: Φ(x) = ½·erfc(−x/√2)
// GELU(x) = x·Φ(x)          tanh form: ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))

import Glibc

extension Reference {
  /// The non-linearity between the two matrices of a transformer's MLP (Hendrycks and Gimpel 2016,
  /// arXiv:1606.08415, section 2).
  ///
  /// `erfc` keeps the digits of GELU far below zero; 1 + erf would cancel there. GELU of −∞ is NaN.
  package static func activation(_ activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .relu: max(0, x)
    case .gelu: x * 0.5 * erfc(-x / 2.0.squareRoot())
    case .geluTanh: x * 0.5 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
  }
}
