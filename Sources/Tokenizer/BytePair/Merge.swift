/// Two tokens that become one; the earlier merge of a list goes first.
public struct Merge: Hashable, Sendable {
  /// The token on the left.
  public let left: TokenID
  /// The token on the right.
  public let right: TokenID
  /// The token that takes their place.
  public let result: TokenID

  /// The merge of `left` and `right` into `result`.
  public init(left: TokenID, right: TokenID, result: TokenID) {
    self.left = left
    self.right = right
    self.result = result
  }
}

/// A pair of neighbouring tokens as one number, ordered by the left and then the right token.
struct Pair: Hashable, Comparable {
  let packed: UInt64

  @inline(__always)
  init(_ left: TokenID, _ right: TokenID) {
    packed = UInt64(UInt32(bitPattern: left)) &<< 32 | UInt64(UInt32(bitPattern: right))
  }

  var left: TokenID { TokenID(truncatingIfNeeded: packed >> 32) }
  var right: TokenID { TokenID(truncatingIfNeeded: packed) }

  @inline(__always)
  static func < (left: Pair, right: Pair) -> Bool { left.packed < right.packed }
}
