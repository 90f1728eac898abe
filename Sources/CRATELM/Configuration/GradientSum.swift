/// The order in which the gradients of an update's microbatches are added.
public enum GradientSum: String, Codable, Sendable {
  /// In a tree: the first 2ᵏ of n, the largest power of 2 below n, and the rest are each added as a
  /// tree, then both sums. The assignment of microbatches to workers changes no bit.
  case tree
  /// One after the other, every pass adding to the same gradients.
  case sequential

  /// The sets of gradients in memory for a sum of `count` microbatches.
  package func bufferCount(_ count: Int) -> Int {
    switch self {
    case .tree: max(1, count.bitWidth - count.leadingZeroBitCount)
    case .sequential: 1
    }
  }
}

extension KeyedDecodingContainer {
  /// Decodes the order, `sequential` for a record without one.
  func decode(_ type: GradientSum.Type, forKey key: Key) throws -> GradientSum {
    try decodeIfPresent(type, forKey: key) ?? .sequential
  }
}
