/// In which order the gradients of an update's microbatches are added.
public enum GradientSum: String, Codable, Sendable {
  /// In a tree over their numbers: the first 2ᵏ of n, the largest power of 2 below n, and the rest
  /// are added likewise, then both. Who computes which of them changes no bit.
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
  /// A run whose record does not name an order keeps adding sequentially.
  func decode(_ type: GradientSum.Type, forKey key: Key) throws -> GradientSum {
    try decodeIfPresent(type, forKey: key) ?? .sequential
  }
}
