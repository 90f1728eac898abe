import FoundationEssentials
package import SystemPackage

/// A document of this program, stored as a JSON file.
package protocol Record: Codable {
  /// The newest version of the format.
  static var formatVersion: Int { get }
  /// The version of records that state none; `nil` if all must state it.
  static var unstatedVersion: Int? { get }
  /// The oldest version that this program reads.
  static var oldestVersion: Int { get }
}

extension Record {
  package static var unstatedVersion: Int? { nil }
  package static var oldestVersion: Int { formatVersion }
}

/// Reads and writes records as JSON files with snake-case keys, including the format version.
///
/// The first member of every record, `"sha256"`, is the SHA-256 of the file without that line: any
/// flipped bit is found before a value is used.
///
/// A record is parsed twice: FoundationEssentials' decoder accepts documents that a strict parser
/// refuses, such as a repeated key, and takes only bytes.
package enum RecordFile {
  private static let opening = Array("{\n".utf8)

  /// The content of a file with `record`.
  package static func bytes(of record: some Record) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let json = Array(try encoder.encode(VersionedRecord(content: record)))
    return sealed(json + [UInt8(ascii: "\n")])
  }

  /// Reads the record at `path`.
  ///
  /// - Throws: as ``decode(_:from:path:)``, `FileError`.
  package static func read<Content: Record>(
    _ type: Content.Type, from path: FilePath
  ) throws -> Content {
    try decode(type, from: FileContents.read(path), path: path)
  }

  /// The record in `bytes`, the content of the file at `path`.
  ///
  /// - Throws: ``Damage`` unless its checksum matches; ``ForeignFile`` unless it is a record of a
  ///   known version; the errors of the record's own initializer.
  package static func decode<Content: Record>(
    _ type: Content.Type, from bytes: [UInt8], path: FilePath
  ) throws -> Content {
    try check(bytes, path)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      try FormatVersion.check(
        JSONValue.parse(bytes).object, known: Content.oldestVersion...Content.formatVersion,
        unstated: Content.unstatedVersion)
      return try decoder.decode(type, from: Data(bytes))
    } catch let error as JSONError {
      throw ForeignFile(path, reason: "it is not JSON: \(error)")
    } catch let version as FormatVersion {
      throw ForeignFile(path, reason: "it has \(version); expected \(version.expected)")
    } catch let error as DecodingError {
      throw ForeignFile(path, reason: summary(of: error))
    }
  }

  /// Whether the file at `path` begins as a record does.
  package static func isOne(_ path: FilePath) -> Bool {
    let beginning = opening + "  \"sha256\" : ".utf8
    return (try? FileReader(path).next(beginning.count)) == beginning
  }

  /// Adds the checksum to `record`, an object with one member per line.
  private static func sealed(_ record: [UInt8]) -> [UInt8] {
    precondition(record.starts(with: opening), "a record without members")
    let seal = "  \"sha256\" : \"\(Fingerprint(of: record))\",\n"
    return opening + seal.utf8 + record.dropFirst(opening.count)
  }

  private static func check(_ bytes: [UInt8], _ path: FilePath) throws(Damage) {
    let rest = bytes.dropFirst(opening.count).drop { $0 != UInt8(ascii: "\n") }.dropFirst()
    let expected = sealed(opening + rest)
    guard bytes != expected else { return }
    let whole = 0..<bytes.count
    guard bytes.count == expected.count else {
      throw Damage(
        path, at: whole,
        reason: "its first line is not its checksum, as it is in what this version writes")
    }
    throw Damage(path, at: whole, reason: "they do not match the checksum in its first line")
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

/// A record and its format version, side by side in one object.
private struct VersionedRecord<Content: Record>: Encodable {
  let content: Content

  private enum Key: CodingKey {
    case formatVersion
  }

  func encode(to encoder: any Encoder) throws {
    try content.encode(to: encoder)
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(Content.formatVersion, forKey: .formatVersion)
  }
}
