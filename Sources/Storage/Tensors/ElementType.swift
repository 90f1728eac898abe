/// The type of a stored tensor's elements, named as in safetensors; all are little-endian.
package enum ElementType: String, CaseIterable, Sendable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  case uint64 = "U64"
  case uint32 = "U32"
  case uint16 = "U16"
  case uint8 = "U8"
  case bool = "BOOL"

  package var byteCount: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// Whether the elements are real numbers, as weights are.
  package var isFloating: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16: true
    default: false
    }
  }
}

extension ElementType {
  /// The elements in `bytes` as floats: wider ones rounded to nearest, ±∞ beyond the range of
  /// `Float`; narrower ones exact; NaN stays NaN.
  ///
  /// - Precondition: the type is floating and `bytes` hold whole elements.
  package func floats(in bytes: [UInt8]) -> [Float] {
    switch self {
    case .float32: Self.elements(of: bytes, UInt32.self) { Float(bitPattern: $0) }
    case .float64: Self.elements(of: bytes, UInt64.self) { Float(Double(bitPattern: $0)) }
    case .float16: Self.elements(of: bytes, UInt16.self) { Float(Float16(bitPattern: $0)) }
    case .bfloat16:
      Self.elements(of: bytes, UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .int64, .int32, .int16, .int8, .uint64, .uint32, .uint16, .uint8, .bool:
      preconditionFailure("\(rawValue) holds no real numbers")
    }
  }

  private static func elements<Bits: FixedWidthInteger & BitwiseCopyable>(
    of bytes: [UInt8], _ type: Bits.Type, _ convert: (Bits) -> Float
  ) -> [Float] {
    let width = MemoryLayout<Bits>.size
    precondition(bytes.count.isMultiple(of: width))
    return unsafe bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / width).map { index in
        unsafe convert(
          Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: index * width, as: Bits.self)))
      }
    }
  }
}
