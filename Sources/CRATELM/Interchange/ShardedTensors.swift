import Storage
import SystemPackage

/// A model in several files of one directory, of safetensors or PyTorch, with an index of their
/// tensors, as published for large models.
///
///     {"metadata": …, "weight_map": {TENSOR: FILE, …}}
final class ShardedTensors: TensorSource {
  let tensors: [StoredTensor]
  /// The places in ``readers`` by the bytes of a tensor's name.
  private let places: [[UInt8]: Int]
  private let readers: [any TensorSource]

  var hasChecksums: Bool { readers.allSatisfy(\.hasChecksums) }

  /// Opens the index at `path` and every file in it.
  ///
  /// - Throws: `FileError`, ``Damage``, or ``CheckpointError`` if index and files disagree.
  init(
    index path: FilePath, opening open: (FilePath) throws -> any TensorSource
  ) throws {
    let directory = path.removingLastComponent()
    let files = try Self.files(index: path)
    var readers: [any TensorSource] = []
    var numbers: [[UInt8]: Int] = [:]
    var places: [[UInt8]: Int] = [:]
    var tensors: [StoredTensor] = []
    for file in files.map(\.file) where numbers[Array(file.utf8)] == nil {
      let reader = try open(directory.appending(file))
      numbers[Array(file.utf8)] = readers.count
      for tensor in reader.tensors {
        guard places.updateValue(readers.count, forKey: Array(tensor.name.utf8)) == nil else {
          throw Damage(
            directory.appending(file),
            reason: "tensor '\(tensor.name)' is in another file of the model too")
        }
        tensors.append(tensor)
      }
      readers.append(reader)
    }
    let strays = files.filter { places[Array($0.name.utf8)] != numbers[Array($0.file.utf8)] }
    guard strays.isEmpty else {
      throw CheckpointError.mismatch(
        path, problems: strays.map { "tensor '\($0.name)' is not in \($0.file)" })
    }
    self.places = places
    self.tensors = tensors
    self.readers = readers
  }

  func floats(of name: String) throws -> [Float] {
    guard let number = places[Array(name.utf8)] else {
      preconditionFailure("no tensor '\(name)' in the index")
    }
    return try readers[number].floats(of: name)
  }

  @discardableResult
  func verify() throws -> Assurance {
    // The index has no checksum.
    for reader in readers { try reader.verify() }
    return hasChecksums ? .format : .structure
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
