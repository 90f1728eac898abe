/// The SHA-256 of a file's bytes, the identity of a tokenizer.
public struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public let description: String

  /// The fingerprint of `bytes`.
  public init(of bytes: [UInt8]) {
    self.init(digest: SHA256.digest(of: bytes))
  }

  /// The fingerprint written as `hex`; `nil` where that is not 64 lower-case hexadecimal digits.
  public init?(hex: String) {
    guard hex.utf8.count == 64, hex.utf8.allSatisfy(Self.digits.contains) else { return nil }
    description = hex
  }

  /// The fingerprint whose bytes are `digest`.
  package init(digest: [UInt8]) {
    var hex: [UInt8] = []
    for byte in digest {
      hex.append(Self.digits[Int(byte >> 4)])
      hex.append(Self.digits[Int(byte & 15)])
    }
    description = String(decoding: hex, as: UTF8.self)
  }

  private static let digits = Array("0123456789abcdef".utf8)
}

extension Fingerprint: Codable {
  /// Reads the hexadecimal digits.
  ///
  /// - Parameter decoder: where they are stored.
  /// - Throws: `DecodingError` where they are none.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let fingerprint = Fingerprint(hex: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected 64 lower-case hexadecimal digits")
    }
    self = fingerprint
  }

  /// Writes the hexadecimal digits.
  ///
  /// - Parameter encoder: where to.
  /// - Throws: what the encoder throws.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
