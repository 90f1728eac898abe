import Storage
import SystemPackage

/// What a checkpoint's pickle says of a model.
struct TorchState {
  /// The tensors of the state dict, in its order.
  let tensors: [StoredTensor]
  /// The same tensors by the bytes of their names.
  let places: [[UInt8]: TorchTensor]
  /// The integers of the dictionary `model_args` of training code, if any: the shape.
  let arguments: [String: Int]

  /// The keys of the state dict in dictionaries of training code.
  private static let stateKeys = ["model", "state_dict", "model_state_dict", "module"]

  /// Runs `machine`, whose pickle is in the file at `path`.
  ///
  /// - Throws: `FormatViolation` for a broken pickle; ``ForeignFile`` for one that needs more than
  ///   tensors and plain values, or holds no state dict.
  init(_ machine: inout PickleMachine, _ path: FilePath) throws {
    do {
      let root = try machine.run()
      let named = try machine.tensors(of: root, under: Self.stateKeys, path)
      places = Dictionary(named.map { (Array($0.name.utf8), $0.tensor) }) { first, _ in first }
      guard places.count == named.count else {
        throw FormatViolation("its state dict has a name twice")
      }
      tensors = named.map {
        StoredTensor(name: $0.name, type: $0.tensor.storage.type, shape: $0.tensor.shape)
      }
      arguments = machine.integers(of: root, under: "model_args")
    } catch let error as UnsafePickle {
      throw error.file(path)
    }
  }
}

extension PickleMachine {
  /// The named tensors of `root`, or of a dictionary in it under one of `keys`.
  fileprivate func tensors(
    of root: PickleValue, under keys: [String], _ path: FilePath
  ) throws -> [(name: String, tensor: TorchTensor)] {
    guard let members = members(of: root) else {
      throw ForeignFile(path, reason: "it holds \(root.kind), expected a state dict")
    }
    let nested = keys.lazy.compactMap { key in members.first { $0.key == key } }
      .compactMap { self.members(of: $0.value) }.first
    return try (nested ?? members).map { name, value in
      guard case .tensor(let tensor) = value else {
        throw ForeignFile(
          path,
          reason: "its state dict has \(value.kind) under '\(name)', expected a tensor of "
            + "numbers")
      }
      return (name, tensor)
    }
  }

  /// The integers of the dictionary under `key` of `root`.
  fileprivate func integers(of root: PickleValue, under key: String) -> [String: Int] {
    let members = members(of: root)?.first { $0.key == key }.flatMap { self.members(of: $0.value) }
    return Dictionary(
      (members ?? []).compactMap { member in member.value.integer.map { (member.key, $0) } }
    ) { _, last in last }
  }

  /// The members with text as key; `nil` if the value is not a dictionary.
  func members(of value: PickleValue) -> [(key: String, value: PickleValue)]? {
    guard case .dictionary(let index) = value else { return nil }
    let items = containers[index].items
    return stride(from: 0, to: items.count - 1, by: 2).compactMap { place in
      items[place].string.map { ($0, items[place + 1]) }
    }
  }
}

extension Collection<TorchTensor> {
  /// Checks that shared storages do not make a large model of a file of `byteCount` bytes.
  func checkSharing(inFileOf byteCount: Int) throws(FormatViolation) {
    // A tied head is stored once and named twice.
    var rest = 2 * byteCount
    for tensor in self {
      rest -= tensor.extent.count * tensor.storage.type.byteCount
      guard rest >= 0 else {
        throw FormatViolation(
          "its tensors share their numbers; together they need more than twice its "
            + "\(byteCount.counting("byte"))")
      }
    }
  }
}
