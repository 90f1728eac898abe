import Crypto

/// The SHA-256 of a file's bytes, the identity of a tokenizer.
public struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public let description: String

  /// The fingerprint of `bytes`.
  public init(of bytes: [UInt8]) {
    var hash = SHA256()
    unsafe bytes.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
    self.init(hash.finalize())
  }

  /// The fingerprint written as `hex`; `nil` where that is not 64 lower-case hexadecimal digits.
  public init?(hex: String) {
    guard hex.utf8.count == 64, hex.utf8.allSatisfy(Self.digits.contains) else { return nil }
    description = hex
  }

  init(_ digest: SHA256.Digest) {
    var hex: [UInt8] = []
    for byte in digest {
      hex.append(Self.digits[Int(byte >> 4)])
      hex.append(Self.digits[Int(byte & 15)])
    }
    description = String(decoding: hex, as: UTF8.self)
  }

  private static let digits = Array("0123456789abcdef".utf8)
}
