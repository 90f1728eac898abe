package import Storage
package import SystemPackage

/// A checkpoint of `torch.save`: a ZIP archive of a pickle that describes tensors, and of their
/// storages.
///
///     NAME/data.pkl    the saved object: a state dict, or a dictionary of training code with one
///     NAME/byteorder   little
///     NAME/data/KEY    the elements of a storage
///
/// Nothing in the file is executed. Format: `torch/serialization.py` of PyTorch 1.6 and later.
package final class TorchReader: TensorSource {
  package let path: FilePath
  package let tensors: [StoredTensor]
  /// The integers of the dictionary `model_args` of training code, if any: the shape.
  package let arguments: [String: Int]
  private let archive: ZipArchive
  private let prefix: String
  private let places: [[UInt8]: TorchTensor]

  /// Opens the checkpoint at `path` and reads its description.
  ///
  /// - Throws: `FileError`; ``Damage`` if the file breaks the format; ``ForeignFile`` if it needs
  ///   more than tensors and plain values, or holds no state dict.
  package init(_ path: FilePath) throws {
    self.path = path
    archive = try ZipArchive(path)
    do {
      prefix = try Self.prefix(of: archive)
      let description = try Self.description(archive, prefix)
      var machine = PickleMachine(try archive.contents(of: description))
      let state = try TorchState(&machine, path)
      guard machine.end == description.range.count else {
        throw FormatViolation("its pickle ends before its file does")
      }
      (tensors, places, arguments) = (state.tensors, state.places, state.arguments)
      try checkStorages()
    } catch let violation as FormatViolation {
      throw Damage(path, reason: violation.reason)
    }
  }

  package func floats(of name: String) throws -> [Float] {
    guard let tensor = places[Array(name.utf8)], let entry = entry(of: tensor.storage) else {
      throw Damage(path, reason: "it holds no tensor '\(name)'")
    }
    try archive.verify(entry)
    return try tensor.floats { try archive.read(entry, $0) }
  }

  @discardableResult
  package func verify() throws -> Assurance {
    for entry in archive.entries { try archive.verify(entry) }
    return .format
  }

  private func entry(of storage: TorchStorage) -> ZipArchive.Entry? {
    archive.entry(named: "\(prefix)data/\(storage.key)")
  }

  /// Checks that every storage exists with the size stated in the pickle, and that shared storages
  /// do not make a large model of a small file.
  private func checkStorages() throws(FormatViolation) {
    for storage in Set(places.values.map(\.storage)).sorted(by: { $0.key < $1.key }) {
      guard let entry = entry(of: storage) else {
        throw FormatViolation("it lacks the storage '\(storage.key)'")
      }
      let (size, overflow) = storage.count.multipliedReportingOverflow(by: storage.type.byteCount)
      guard !overflow, size == entry.range.count else {
        throw FormatViolation(
          "its storage '\(storage.key)' has \(entry.range.count.counting("byte")), expected "
            + "\(storage.count) elements of \(storage.type.byteCount)")
      }
    }
    try places.values.checkSharing(inFileOf: archive.byteCount)
  }

  /// The folder of all files of the archive, as a prefix.
  private static func prefix(of archive: ZipArchive) throws(FormatViolation) -> String {
    let name = "data.pkl"
    let prefixes = archive.entries.map(\.name).filter { $0 == name || $0.hasSuffix("/" + name) }
      .map { String($0.dropLast(name.count)) }
    guard prefixes.count == 1 else {
      throw FormatViolation(
        "it holds \(prefixes.count) files data.pkl, expected the one that PyTorch writes")
    }
    return prefixes[0]
  }

  private static func description(
    _ archive: ZipArchive, _ prefix: String
  ) throws -> ZipArchive.Entry {
    if let order = archive.entry(named: prefix + "byteorder"), order.range.count <= 16 {
      let order = String(decoding: try archive.contents(of: order), as: UTF8.self)
      guard order == "little" else {
        throw FormatViolation("its byte order is \(order.debugDescription), expected \"little\"")
      }
    }
    guard let entry = archive.entry(named: prefix + "data.pkl"),
      entry.range.count <= PickleMachine.byteCountLimit
    else {
      throw FormatViolation("its data.pkl is longer than \(PickleMachine.byteCountLimit) bytes")
    }
    return entry
  }
}
