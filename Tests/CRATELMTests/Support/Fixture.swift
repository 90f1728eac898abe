import CRATELM
import Storage
import SystemPackage

/// The recorded values under `Tests/Fixtures`.
enum Fixture {
  static func path(_ name: String) -> FilePath {
    FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
      .appending("Fixtures").appending(name)
  }

  /// The tensors of a safetensors file, by name.
  static func floats(_ reader: SafeTensorsReader, _ name: String) throws -> [Float] {
    guard let entry = reader.entry(named: name) else { throw MissingTensor(name: name) }
    return try reader.elements(of: entry, as: Float.self)
  }

  static func integers(_ reader: SafeTensorsReader, _ name: String) throws -> [Int32] {
    guard let entry = reader.entry(named: name) else { throw MissingTensor(name: name) }
    return try reader.elements(of: entry, as: Int32.self)
  }

  struct MissingTensor: Error {
    let name: String
  }
}
