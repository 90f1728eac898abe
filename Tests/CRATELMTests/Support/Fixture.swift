import Storage
import SystemPackage
import Testing

/// The recorded values under `Tests/Fixtures`.
enum Fixture {
  static func path(_ name: String) -> FilePath {
    FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
      .appending("Fixtures").appending(name)
  }

  /// The tensor called `name` of a safetensors file.
  static func integers(_ reader: SafeTensorsReader, _ name: String) throws -> [Int32] {
    let entry = try #require(reader.entry(named: name))
    var values = [Int32](repeating: 0, count: entry.range.count / 4)
    try unsafe values.withUnsafeMutableBytes { try unsafe reader.read(entry, into: $0) }
    return values
  }
}
