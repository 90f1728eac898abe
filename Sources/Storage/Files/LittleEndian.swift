extension [UInt8] {
  /// Appends `value`, lowest byte first.
  package mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
    var rest = value
    for _ in 0..<(Value.bitWidth / 8) {
      append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  /// The integer whose lowest byte is at `offset`.
  ///
  /// - Precondition: it ends within the array.
  package func littleEndian<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type) -> Value
  {
    var value: Value = 0
    for index in (0..<(Value.bitWidth / 8)).reversed() {
      value = value << 8 | Value(truncatingIfNeeded: self[offset + index])
    }
    return value
  }

  /// Appends `value` in groups of seven bits, lowest first, the top bit marking that more follow.
  package mutating func append(varint value: Int) {
    var rest = UInt(bitPattern: value)
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  /// The number written at `offset` by ``append(varint:)``, moving `offset` past it; `nil` where it
  /// is cut off or above 2⁵⁶.
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
