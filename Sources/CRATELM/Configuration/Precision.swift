/// The precision of products in training.
///
/// Parameters, their gradients and moments, norms, softmax, losses and all sums stay in single
/// precision.
public enum Precision: String, Codable, CaseIterable, Sendable {
  /// Factors in single precision.
  case fp32
  /// Factors rounded to bfloat16, to the nearest even, with sums in single precision.
  case bf16
}
