import Storage
import SystemPackage

/// The tensors of a checkpoint without what other programs put before or into their names:
/// `module.` by data parallelism, `_orig_mod.` by `torch.compile`, `model.` by training code.
struct RenamedTensors: TensorSource {
  let tensors: [StoredTensor]
  private let source: any TensorSource
  /// The names in the file by the bytes of the new ones.
  private let names: [[UInt8]: String]

  var arguments: [String: Int] { source.arguments }
  var hasChecksums: Bool { source.hasChecksums }

  /// The parts of a name that are never a convention's own.
  private static let wrappers: Set<Substring> = ["module", "_orig_mod"]

  /// The part that is a convention's own in some of them, and how many of it are left out.
  enum Prefix: CaseIterable {
    case kept, droppedOnce, dropped
  }

  /// The tensors of `source`, which the file at `path` holds.
  ///
  /// - Throws: ``CheckpointError/mismatch(_:problems:)`` if two names become one.
  init(_ source: any TensorSource, _ prefix: Prefix, _ path: FilePath) throws(CheckpointError) {
    self.source = source
    var names: [[UInt8]: String] = [:]
    var problems: [String] = []
    tensors = source.tensors.map { tensor in
      let name = Self.name(tensor.name, prefix)
      if let other = names.updateValue(tensor.name, forKey: Array(name.utf8)) {
        problems.append("tensors '\(other)' and '\(tensor.name)' both become '\(name)'")
      }
      return StoredTensor(name: name, type: tensor.type, shape: tensor.shape)
    }
    guard problems.isEmpty else { throw .mismatch(path, problems: problems) }
    self.names = names
  }

  func floats(of name: String) throws -> [Float] {
    try source.floats(of: fileName(name))
  }

  func verify() throws -> Assurance { try source.verify() }

  /// The name in the file of the tensor with the new name `name`.
  func fileName(_ name: String) -> String { names[Array(name.utf8)] ?? name }

  private static func name(_ name: String, _ prefix: Prefix) -> String {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    parts.removeAll { wrappers.contains($0) }
    switch prefix {
    case .kept: break
    case .droppedOnce: if let place = parts.firstIndex(of: "model") { parts.remove(at: place) }
    case .dropped: parts.removeAll { $0 == "model" }
    }
    return parts.joined(separator: ".")
  }
}
