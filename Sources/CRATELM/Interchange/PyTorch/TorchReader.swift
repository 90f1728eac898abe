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

  /// The keys of the state dict in dictionaries of training code.
  private static let stateKeys = ["model", "state_dict", "model_state_dict"]
  /// The prefixes that `torch.compile` and data parallelism add to names.
  private static let wrappers = ["_orig_mod.", "module."]

  /// Opens the checkpoint at `path` and reads its description.
  ///
  /// - Throws: `FileError`, or ``Damage`` if the file breaks the format or needs more than tensors
  ///   and plain containers.
  package init(_ path: FilePath) throws {
    self.path = path
    archive = try ZipArchive(path)
    do {
      prefix = try Self.prefix(of: archive)
      let description = try Self.description(archive, prefix)
      var machine = PickleMachine(try archive.contents(of: description))
      let state = TorchState(root: try machine.run(), containers: machine.containers)
      let named = try state.tensors(under: Self.stateKeys, without: Self.wrappers)
      places = Dictionary(named.map { (Array($0.name.utf8), $0.tensor) }) { first, _ in first }
      guard places.count == named.count else {
        throw FormatViolation("its state dict has a name twice")
      }
      arguments = state.integers(under: "model_args")
      tensors = named.map {
        StoredTensor(name: $0.name, type: $0.tensor.storage.type, shape: $0.tensor.shape)
      }
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
    let width = tensor.storage.type.byteCount
    let bytes = try archive.read(
      entry, tensor.extent.lowerBound * width..<tensor.extent.upperBound * width)
    let elements = tensor.storage.type.floats(in: bytes)
    return tensor.isContiguous ? elements : Self.gather(tensor, from: elements)
  }

  @discardableResult
  package func verify() throws -> Assurance {
    for entry in archive.entries { try archive.verify(entry) }
    return .format
  }

  /// The elements of `tensor` in the order of its indices; `elements` is the extent's part of the
  /// storage.
  private static func gather(_ tensor: TorchTensor, from elements: [Float]) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(tensor.count)
    var index = [Int](repeating: 0, count: tensor.shape.count)
    var place = 0
    for _ in 0..<tensor.count {
      result.append(elements[place])
      for dimension in index.indices.reversed() {
        index[dimension] += 1
        place += tensor.strides[dimension]
        guard index[dimension] == tensor.shape[dimension] else { break }
        place -= index[dimension] * tensor.strides[dimension]
        index[dimension] = 0
      }
    }
    return result
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
          "its storage '\(storage.key)' has \(entry.range.count) bytes, expected "
            + "\(storage.count) elements of \(storage.type.byteCount)")
      }
    }
    // A tied head is stored once and named twice.
    var rest = 2 * archive.byteCount
    for tensor in places.values {
      rest -= tensor.extent.count * tensor.storage.type.byteCount
      guard rest >= 0 else {
        throw FormatViolation(
          "its tensors share their numbers; together they need more than twice its "
            + "\(archive.byteCount) bytes")
      }
    }
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

/// The value of a checkpoint's pickle.
private struct TorchState {
  let root: PickleValue
  let containers: [PickleMachine.Container]

  /// The named tensors of the root, or of a dictionary in it under one of `keys`.
  func tensors(
    under keys: [String], without wrappers: [String]
  ) throws(FormatViolation) -> [(name: String, tensor: TorchTensor)] {
    guard let root = members(of: root) else {
      throw FormatViolation("it holds \(root.kind), expected a state dict")
    }
    let nested = keys.lazy.compactMap { key in root.first { $0.key == key } }
      .compactMap { members(of: $0.value) }.first
    let state = nested ?? root
    var names = state.map(\.key)
    while let wrapper = wrappers.first(where: { wrapper in
      !names.isEmpty && names.allSatisfy { $0.hasPrefix(wrapper) }
    }) {
      names = names.map { String($0.dropFirst(wrapper.count)) }
    }
    return try zip(names, state).map { name, member throws(FormatViolation) in
      guard case .tensor(let tensor) = member.value else {
        throw FormatViolation(
          "its state dict has \(member.value.kind) under '\(name)', expected a tensor")
      }
      return (name, tensor)
    }
  }

  /// The integers of the dictionary under `key`.
  func integers(under key: String) -> [String: Int] {
    let members = members(of: root)?.first { $0.key == key }.flatMap { self.members(of: $0.value) }
    return Dictionary(
      (members ?? []).compactMap { member in member.value.integer.map { (member.key, $0) } }
    ) { _, last in last }
  }

  /// The members with text as key; `nil` if the value is not a dictionary.
  private func members(of value: PickleValue) -> [(key: String, value: PickleValue)]? {
    guard case .dictionary(let index) = value else { return nil }
    let items = containers[index].items
    return stride(from: 0, to: items.count - 1, by: 2).compactMap { place in
      items[place].string.map { ($0, items[place + 1]) }
    }
  }
}
