/// A pseudo-random permutation of `0 ..< count` without a table: each element is computed alone.
///
/// An eight-round Feistel network permutes the smallest even power of two that holds `count`;
/// numbers at or above `count` pass through it again until one lies below ("cycle walking": Black
/// and Rogaway, "Ciphers with arbitrary finite domains", 2002). The domain is at most four times
/// `count`, so that fewer than four passes are expected for each number.
package struct Permutation: Sendable {
  /// The number of elements; 0 gives an empty permutation.
  package let count: Int
  private let halfBits: UInt64
  private let keys: [UInt64]

  /// The permutation of `0 ..< count` drawn by `generator`.
  ///
  /// - Precondition: `count` is not negative.
  package init(count: Int, generator: SplitMix64) {
    precondition(count >= 0, "\(count) numbers cannot be put in order")
    self.count = count
    let bits = UInt64(Int.bitWidth - max(count - 1, 0).leadingZeroBitCount)
    halfBits = max((bits + 1) / 2, 1)
    var generator = generator
    keys = (0..<8).map { _ in generator.next() }
  }

  /// The element at index `place`.
  ///
  /// - Precondition: `place` lies in `0 ..< count`.
  package subscript(place: Int) -> Int {
    precondition(place >= 0 && place < count, "place \(place) of an order of \(count)")
    var value = UInt64(place)
    repeat { value = encrypt(value) } while value >= UInt64(count)
    return Int(value)
  }

  private func encrypt(_ value: UInt64) -> UInt64 {
    let mask = (1 << halfBits) &- 1 as UInt64
    var left = value >> halfBits
    var right = value & mask
    for key in keys {
      (left, right) = (right, left ^ (SplitMix64.mix(right ^ key) & mask))
    }
    return (left << halfBits) | right
  }
}
