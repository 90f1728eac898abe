/// A set of Unicode scalars, as ranges in order that neither touch nor overlap.
struct ScalarSet: Equatable, Sendable {
  private(set) var ranges: [ClosedRange<UInt32>] = []

  /// All scalars; the surrogates are none.
  static let all = ScalarSet([0...0xD7FF, 0xE000...0x10FFFF])

  /// The scalars of `ranges`, in any order.
  init(_ ranges: [ClosedRange<UInt32>] = []) {
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = self.ranges.last, range.lowerBound <= last.upperBound + 1 {
        self.ranges[self.ranges.count - 1] =
          last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        self.ranges.append(range)
      }
    }
  }

  /// The scalars that `isMember` takes.
  init(where isMember: (UInt32) -> Bool) {
    for range in Self.all.ranges {
      var start: UInt32?
      for scalar in range {
        if isMember(scalar) {
          start = start ?? scalar
        } else if let first = start {
          ranges.append(first...scalar - 1)
          start = nil
        }
      }
      if let start { ranges.append(start...range.upperBound) }
    }
  }

  /// The scalars that are not in the set.
  var inverted: ScalarSet {
    var result: [ClosedRange<UInt32>] = []
    for all in Self.all.ranges {
      var next = all.lowerBound
      for range in ranges where range.overlaps(all) {
        if range.lowerBound > next { result.append(next...range.lowerBound - 1) }
        next = range.upperBound + 1
      }
      if next <= all.upperBound { result.append(next...all.upperBound) }
    }
    return ScalarSet(result)
  }

  /// The scalars of either set.
  func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

  /// The scalars of both sets.
  func intersection(_ other: ScalarSet) -> ScalarSet {
    inverted.union(other.inverted).inverted
  }

  /// Whether all scalars are ASCII.
  var isASCII: Bool { ranges.last.map { $0.upperBound < 0x80 } ?? true }

  /// The scalars, one by one.
  var scalars: [UInt32] { ranges.flatMap { Array($0) } }
}
