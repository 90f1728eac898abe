/// How the weights of products are held in memory while a model is used.
///
/// Norms, biases, embeddings that are looked up, activations and all sums are in single precision
/// in either case.
public enum NumberFormat: String, CaseIterable, Sendable {
  /// Single precision, as they are trained.
  case fp32
  /// Rounded to bfloat16, to the nearest even.
  case bf16
  /// Whole numbers from −127 to 127 with a scale for every row of a matrix.
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
