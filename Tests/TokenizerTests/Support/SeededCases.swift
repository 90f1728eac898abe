/// A generator of numbers that gives the same ones everywhere (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

/// Random texts that are hard on a tokenizer.
enum SeededCases {
  /// A text of up to `count` scalars: ASCII, white space, marks and any others.
  static func text(_ generator: inout SeededGenerator, count: Int = 60) -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...count, using: &generator) {
      let value: UInt32
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<4: value = .random(in: 0x20..<0x7F, using: &generator)
      case 4: value = [0x20, 0x20, 0x0A, 0x09, 0xA0, 0x3000].randomElement(using: &generator) ?? 32
      case 5: value = .random(in: 0x300..<0x370, using: &generator)
      case 6: value = .random(in: 0x1100..<0x1200, using: &generator)
      case 7: value = .random(in: 0..<0x3000, using: &generator)
      case 8: value = .random(in: 0..<0x10000, using: &generator)
      default: value = .random(in: 0..<0x110000, using: &generator)
      }
      if let scalar = Unicode.Scalar(value) { text.append(scalar) }
    }
    return String(text)
  }
}

extension [UInt8] {
  /// The bytes with one to four of them replaced by other printable ones.
  func mutated(_ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = self
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let place = Int.random(in: bytes.indices, using: &generator)
      bytes[place] = UInt8.random(in: 0x20..<0x7F, using: &generator)
    }
    return bytes
  }
}
