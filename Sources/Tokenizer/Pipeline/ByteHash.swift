/// A hash of bytes that is another one in every process, so that no file can hold many pieces of
/// one hash.
///
/// Tables may use it to find what they hold, not to order it.
struct ByteHash: Sendable {
  /// The hash of this process.
  static let shared = ByteHash()

  private let start = UInt64.random(in: .min ... .max)
  private let multiplier = UInt64.random(in: .min ... .max) | 1

  /// A number of 64 mixed bits, by eight bytes at a time.
  @inline(__always)
  func callAsFunction(_ bytes: Span<UInt8>) -> UInt64 {
    let raw = unsafe bytes.bytes
    var hash = start &+ UInt64(truncatingIfNeeded: bytes.count)
    var position = 0
    while position &+ 8 <= bytes.count {
      let word = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self)
      hash = mix(hash ^ UInt64(littleEndian: word))
      position &+= 8
    }
    var rest: UInt64 = 0
    while position < bytes.count {
      rest = rest &<< 8 | UInt64(bytes[position])
      position &+= 1
    }
    return mix(hash ^ rest)
  }

  /// Whether two spans hold the same bytes.
  @inline(__always)
  static func areEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count where left[index] != right[index] { return false }
    return true
  }

  /// Both halves of the product are used: how the lower one changes with the highest bits of
  /// `value` does not depend on the multiplier.
  @inline(__always)
  private func mix(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: multiplier)
    return product.high ^ product.low
  }
}
