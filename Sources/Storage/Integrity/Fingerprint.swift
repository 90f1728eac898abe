/// The SHA-256 of a file's bytes, such as the identity of a tokenizer.
public struct Fingerprint: RawRepresentable, Codable, Hashable, Sendable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public let rawValue: String

  /// The same digits.
  public var description: String { rawValue }

  /// The fingerprint of `bytes`.
  public init(of bytes: [UInt8]) {
    self.init(digest: SHA256.digest(of: bytes))
  }

  /// The fingerprint written as `rawValue`; `nil` unless that is 64 lower-case hexadecimal digits.
  public init?(rawValue: String) {
    guard rawValue.utf8.count == 64, rawValue.utf8.allSatisfy(Self.digits.contains) else {
      return nil
    }
    self.rawValue = rawValue
  }

  /// The fingerprint with the bytes `digest`.
  package init(digest: [UInt8]) {
    rawValue = digest.map { $0.digits(2, radix: 16) }.joined()
  }

  private static let digits = Array("0123456789abcdef".utf8)
}
