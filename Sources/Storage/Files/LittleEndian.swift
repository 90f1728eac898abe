extension [UInt8] {
  /// Appends `value`, lowest byte first.
  package mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
    var rest = value
    for _ in 0..<(Value.bitWidth / 8) {
      append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  /// The integer with its lowest byte at `offset`.
  ///
  /// - Precondition: the integer ends within the array.
  package func littleEndian<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type) -> Value
  {
    var value: Value = 0
    for index in (0..<(Value.bitWidth / 8)).reversed() {
      value = value << 8 | Value(truncatingIfNeeded: self[offset + index])
    }
    return value
  }

  /// Appends `value` in groups of seven bits, lowest first; the top bit of a byte says that another
  /// follows.
  package mutating func append(varint value: Int) {
    var rest = UInt(bitPattern: value)
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  /// Reads a number written by ``append(varint:)`` and moves `offset` past it; `nil` if it is cut
  /// off or takes more than eight bytes (2⁵⁶ or more).
  package func varint(at offset: inout Int) -> Int? {
    var value = 0
    for shift in stride(from: 0, to: 56, by: 7) {
      guard offset < count else { return nil }
      let byte = self[offset]
      offset += 1
      value |= Int(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
