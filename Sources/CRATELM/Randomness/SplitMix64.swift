/// A small, fast generator with one integer as its whole state, easy to save and to derive.
///
/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014; constants
/// and reference values from Vigna's `splitmix64.c`.
public struct SplitMix64: RandomNumberGenerator, Hashable, Sendable {
  /// The state; `SplitMix64(seed: state)` continues the sequence of this generator.
  public private(set) var state: UInt64

  private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// A generator that begins at `seed`.
  public init(seed: UInt64) {
    state = seed
  }

  /// The generator of a stream of `seed`, identified by its name and indices.
  ///
  /// Streams of different seeds, names or indices are independent for all purposes of training.
  public init(seed: UInt64, stream name: String, _ indices: Int...) {
    var hash = Self.combine(0, seed)
    for byte in name.utf8 { hash = Self.combine(hash, UInt64(byte)) }
    hash = Self.combine(hash, UInt64(name.utf8.count))
    for index in indices { hash = Self.combine(hash, UInt64(bitPattern: Int64(index))) }
    state = hash
  }

  /// The generator of a stream of this one, at its beginning, as if `index` were one more index.
  func substream(_ index: Int) -> SplitMix64 {
    SplitMix64(seed: Self.combine(state, UInt64(bitPattern: Int64(index))))
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= Self.increment
    return Self.mix(state)
  }

  /// A bijection of 64 bits in which every input bit moves about half of the output bits.
  public static func mix(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// `hash` with `value` mixed in; the order of values counts.
  static func combine(_ hash: UInt64, _ value: UInt64) -> UInt64 {
    mix((hash ^ mix(value &+ increment)) &+ increment)
  }
}
