import FoundationEssentials
import Storage
import SystemPackage

/// This program's own small records as JSON files with snake-case keys.
///
/// The first member of every record, `"sha256"`, is the SHA-256 of the file without that line, so
/// that any flipped bit is found before a value is used.
enum JSONFile {
  static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let record = Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
    return sealed(record)
  }

  private static let opening = Array("{\n".utf8)

  /// `record`, which begins as an object with one member a line does, with its checksum.
  private static func sealed(_ record: [UInt8]) -> [UInt8] {
    precondition(record.starts(with: opening), "a record without members")
    let seal = "  \"sha256\" : \"\(Fingerprint(of: record))\",\n"
    return opening + seal.utf8 + record.dropFirst(opening.count)
  }

  /// - Throws: ``CheckpointError/corrupt(_:at:reason:)`` unless `bytes` are a record with its
  ///   checksum.
  private static func check(_ bytes: [UInt8], _ path: FilePath) throws(CheckpointError) {
    let rest = bytes.dropFirst(opening.count).drop { $0 != UInt8(ascii: "\n") }.dropFirst()
    let expected = sealed(opening + rest)
    guard bytes != expected else { return }
    let whole = 0..<bytes.count
    guard bytes.count == expected.count else {
      throw .corrupt(
        path, at: whole,
        reason: "its first line is not its checksum, as it is in what this version writes")
    }
    throw .corrupt(path, at: whole, reason: "they do not match the checksum in its first line")
  }

  /// - Throws: `FileError`, ``ConfigurationError``, ``CheckpointError/corrupt(_:at:reason:)``, or
  ///   ``CheckpointError/foreign(_:reason:)`` where the bytes are no such record.
  static func read<Value: Decodable>(_ type: Value.Type, from path: FilePath) throws -> Value {
    let bytes = try FileContents.read(path)
    try check(bytes, path)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      // The decoder takes what a strict reader refuses, such as a key twice.
      _ = try JSONValue.parse(bytes)
      return try decoder.decode(type, from: Data(bytes))
    } catch let error as JSONError {
      throw CheckpointError.foreign(path, reason: "it is not JSON: \(error)")
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
