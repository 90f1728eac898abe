import Files
import FoundationEssentials
import SystemPackage

/// This program's own small records as JSON files with snake-case keys.
enum JSONFile {
  static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
  }

  /// - Throws: `FileError`, ``ConfigurationError``, or ``CheckpointError/foreign(_:reason:)`` where
  ///   the bytes are no such record.
  static func read<Value: Decodable>(_ type: Value.Type, from path: FilePath) throws -> Value {
    let bytes = try FileContents.read(path)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      return try decoder.decode(type, from: Data(bytes))
    } catch let error as DecodingError {
      throw CheckpointError.foreign(path, reason: summary(of: error))
    }
  }

  private static func summary(of error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "it lacks the key '\(key.stringValue)'"
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      context.codingPath.isEmpty
        ? "it is not JSON of the expected form"
        : "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' has an unknown value"
    @unknown default: "it is not JSON of the expected form"
    }
  }
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
