/// A value for every Unicode scalar, in two stages.
///
/// Blocks of 256 scalars that have one value throughout, which most are, are stored once.
struct ScalarTable<Value: Hashable & Sendable>: Sendable {
  private let blockStarts: [Int32]
  private let values: [Value]

  /// A table of what `value` gives for each scalar.
  ///
  /// Planes 4 to 13, unassigned in every version of Unicode, and the private planes 15 and 16
  /// take the value of U+40000.
  init(_ value: (UInt32) -> Value) {
    var uniformStarts: [Value: Int32] = [:]
    var blockStarts: [Int32] = []
    var values: [Value] = []
    for block in UInt32(0)..<0x1100 {
      let isUnassigned = 0x400..<0xE00 ~= block || block >= 0xF00
      let start = Int32(values.count)
      let first = value(isUnassigned ? 0x40000 : block &<< 8)
      values.append(first)
      var isUniform = true
      for scalar in block &<< 8 &+ 1..<(block &+ 1) &<< 8 {
        values.append(isUnassigned ? first : value(scalar))
        if values[values.count &- 1] != first { isUniform = false }
      }
      if isUniform, let earlier = uniformStarts[first] {
        values.removeLast(256)
        blockStarts.append(earlier)
      } else {
        if isUniform { uniformStarts[first] = start }
        blockStarts.append(start)
      }
    }
    self.blockStarts = blockStarts
    self.values = values
  }

  /// A table of the values of `runs`, which begin at scalar 0: the lowest `valueBits` of each are
  /// the value, the others the number of scalars; those behind the runs have the value `rest`.
  init<Run: FixedWidthInteger>(runs: [Run], valueBits: Int, rest: Value) where Value == UInt8 {
    var all = [UInt8](repeating: rest, count: 0x110000)
    var scalar = 0
    for run in runs {
      let value = UInt8(truncatingIfNeeded: run & (1 << valueBits - 1))
      for _ in 0..<Int(run >> valueBits) {
        all[scalar] = value
        scalar += 1
      }
    }
    self.init { all[Int($0)] }
  }

  /// The value of `scalar`.
  @inline(__always)
  subscript(scalar: UInt32) -> Value {
    values[Int(blockStarts[Int(scalar &>> 8)]) &+ Int(scalar & 0xFF)]
  }

  /// What `body` makes of the first places of the blocks and the values.
  func withStages<Result>(
    _ body: (UnsafeBufferPointer<Int32>, UnsafeBufferPointer<Value>) -> Result
  ) -> Result {
    unsafe blockStarts.withUnsafeBufferPointer { blockStarts in
      unsafe values.withUnsafeBufferPointer { unsafe body(blockStarts, $0) }
    }
  }
}
