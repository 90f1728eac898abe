import Storage
package import SystemPackage

/// Opens the tensors of a checkpoint, whatever its format.
package enum CheckpointSource {
  /// The files of a directory that may hold tensors; the first that exists is read.
  private static let names = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
    "pytorch_model.bin.index.json",
  ]
  private static let archiveStart = Array("PK".utf8)
  private static let pickleStart: [UInt8] = [0x80, 0x02]
  private static let startByteCount = 15
  private static let indexEnding = ".index.json"

  /// The tensors at `path`, a file or a directory, and their directory.
  ///
  /// - Throws: `FileError`, or ``CheckpointError`` if no format is recognized.
  package static func open(
    _ path: FilePath
  ) throws -> (tensors: any TensorSource, directory: FilePath) {
    guard FileSystem.kind(of: path) == .directory else {
      let parent = path.removingLastComponent()
      return (try open(file: path), parent.isEmpty ? "." : parent)
    }
    guard let name = names.first(where: { FileSystem.kind(of: path.appending($0)) == .file })
    else {
      throw CheckpointError.foreign(
        path, reason: "it holds none of \(names.joined(separator: ", "))")
    }
    return (try open(file: path.appending(name)), path)
  }

  /// Opens a file by the format of its first bytes: names such as `pytorch_model.bin` say little.
  private static func open(file: FilePath) throws -> any TensorSource {
    if file.lastComponent?.string.hasSuffix(indexEnding) ?? false {
      return try ShardedTensors(index: file, opening: open(file:))
    }
    let start = try FileReader(file).next(startByteCount)
    if start.starts(with: archiveStart) { return try TorchReader(file) }
    if start.starts(with: LegacyTorchReader.magic) { return try LegacyTorchReader(file) }
    if start.starts(with: pickleStart) {
      throw CheckpointError.foreign(
        file,
        reason: "it is a pickle that torch.save did not write; load it in Python and save the "
          + "state dict with torch.save")
    }
    guard start.count > 8, start[8] == UInt8(ascii: "{") else {
      throw CheckpointError.foreign(
        file, reason: "it is neither an archive of PyTorch nor a safetensors file")
    }
    return try SafeTensorsReader(file)
  }
}
