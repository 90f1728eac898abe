/// In which order the gradients of an update's microbatches are added.
public enum GradientSum: String, Codable, Sendable {
  /// In a tree over their numbers: of n, the first 2ᵏ, the largest power of 2 below n, and the rest
  /// are added likewise, then both. So the sum does not depend on who computes which of them.
  case tree
  /// One after the other, each pass adding to the same gradients.
  case sequential

  /// The sets of gradients that a sum of `count` microbatches needs.
  package func bufferCount(_ count: Int) -> Int {
    switch self {
    case .tree: max(1, count.bitWidth - count.leadingZeroBitCount)
    case .sequential: 1
    }
  }
}

extension KeyedDecodingContainer {
  /// A run whose record does not say it goes on as it began.
  func decode(_ type: GradientSum.Type, forKey key: Key) throws -> GradientSum {
    try decodeIfPresent(type, forKey: key) ?? .sequential
  }
}
