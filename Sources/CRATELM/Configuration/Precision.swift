/// The precision of products in training.
///
/// Parameters, their gradients and moments, norms, softmax, losses and all sums are in single
/// precision in either case.
public enum Precision: String, Codable, CaseIterable, Sendable {
  /// Factors in single precision.
  case fp32
  /// Factors rounded to bfloat16, to the nearest even; their products are summed in single
  /// precision.
  case bf16
}
