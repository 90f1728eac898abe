import Storage
import SystemPackage

/// A model in several safetensors files of one directory with an index of their tensors, as
/// published for large models.
///
///     {"metadata": …, "weight_map": {TENSOR: FILE, …}}
final class ShardedSafeTensors: TensorSource {
  let tensors: [StoredTensor]
  private let places: [[UInt8]: SafeTensorsReader]
  private let readers: [SafeTensorsReader]

  /// Opens the index at `path` and every file in it.
  ///
  /// - Throws: `FileError`, ``Damage``, or ``CheckpointError`` if index and files disagree.
  init(index path: FilePath) throws {
    let directory = path.removingLastComponent()
    let files = try Self.files(index: path)
    var readers: [[UInt8]: SafeTensorsReader] = [:]
    var places: [[UInt8]: SafeTensorsReader] = [:]
    var tensors: [StoredTensor] = []
    for file in files.map(\.file) where readers[Array(file.utf8)] == nil {
      let reader = try SafeTensorsReader(directory.appending(file))
      readers[Array(file.utf8)] = reader
      for tensor in reader.tensors {
        guard places.updateValue(reader, forKey: Array(tensor.name.utf8)) == nil else {
          throw Damage(
            reader.path, reason: "tensor '\(tensor.name)' is in another file of the model too")
        }
        tensors.append(tensor)
      }
    }
    let strays = files.filter { places[Array($0.name.utf8)] !== readers[Array($0.file.utf8)] }
    guard strays.isEmpty else {
      throw CheckpointError.mismatch(
        path, problems: strays.map { "tensor '\($0.name)' is not in \($0.file)" })
    }
    self.places = places
    self.tensors = tensors
    self.readers = Array(readers.values)
  }

  func floats(of name: String) throws -> [Float] {
    guard let reader = places[Array(name.utf8)] else {
      preconditionFailure("no tensor '\(name)' in the index")
    }
    return try reader.floats(of: name)
  }

  @discardableResult
  func verify() throws -> Assurance {
    // The index has no checksum.
    for reader in readers { try reader.verify() }
    return .format
  }

  private static func files(index path: FilePath) throws -> [(name: String, file: String)] {
    let map: JSONObject
    do {
      guard let members = try JSONValue.parse(FileContents.read(path)).object?["weight_map"]?.object
      else { throw CheckpointError.foreign(path, reason: "it has no object \"weight_map\"") }
      map = members
    } catch let error as JSONError {
      throw CheckpointError.foreign(path, reason: "it is not JSON: \(error)")
    }
    return try zip(map.keys, map.values).map { name, value in
      // A plain name cannot lead out of the directory.
      guard let file = value.string, let component = FilePath.Component(file),
        component.kind == .regular, FilePath(file).components.count == 1, !file.contains("\0")
      else {
        throw Damage(
          path, reason: "the file of tensor '\(name)' is not a name in its directory")
      }
      return (name, file)
    }
  }
}
