/// The format of weights in memory during inference.
///
/// Norms, biases, looked-up embeddings, activations and all sums stay in single precision.
public enum NumberFormat: String, CaseIterable, Sendable {
  /// Single precision, as trained.
  case fp32
  /// Rounded to bfloat16, to the nearest even.
  case bf16
  /// Integers from −127 to 127 with a scale for every row or output of a matrix.
  case int8

  /// The bytes of one weight.
  public var byteCount: Int {
    switch self {
    case .fp32: 4
    case .bf16: 2
    case .int8: 1
    }
  }
}
