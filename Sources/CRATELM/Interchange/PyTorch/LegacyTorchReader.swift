import Storage
import SystemPackage

/// A checkpoint of `torch.save` of PyTorch before 1.6, or of later ones if asked for that: pickles
/// one after the other, then the storages.
///
///     pickle    a magic number
///     pickle    1001
///     pickle    a description of the machine
///     pickle    the saved object, as in ``TorchReader``
///     pickle    the keys of the storages, in the order in which they follow
///     storage   the number of elements as 64 bits, then the elements
///
/// It has no checksum: only its structure is checked. Format: `_legacy_save` in
/// `torch/serialization.py`.
final class LegacyTorchReader: TensorSource {
  let tensors: [StoredTensor]
  let arguments: [String: Int]
  let hasChecksums = false
  private let file: FileReader
  private let places: [[UInt8]: TorchTensor]
  /// Where the elements of each storage begin.
  private let offsets: [String: Int]

  /// The magic number 0x1950A86A20F9469CFC6C as a pickle: what every such file begins with.
  static let magic: [UInt8] = [
    0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]
  private static let version = 1001

  /// Opens the checkpoint at `path` and reads its description.
  ///
  /// - Throws: as ``TorchReader/init(_:)``.
  init(_ path: FilePath) throws {
    file = try FileReader(path)
    do {
      let bytes = try file.read(0..<min(file.byteCount, PickleMachine.byteCountLimit))
      guard bytes.starts(with: Self.magic) else {
        throw FormatViolation("it does not begin as PyTorch before 1.6 wrote")
      }
      var number = PickleMachine(bytes, at: Self.magic.count)
      guard try number.run().integer == Self.version else {
        throw FormatViolation("its version is not \(Self.version)")
      }
      var machine = PickleMachine(bytes, at: number.end)
      guard try machine.run().isLittleEndian(machine) else {
        throw FormatViolation("its numbers are not of a little-endian machine")
      }
      var object = PickleMachine(bytes, at: machine.end)
      let state = try TorchState(&object, path)
      var keys = PickleMachine(bytes, at: object.end)
      let list = try keys.run().strings(keys)
      (tensors, places, arguments) = (state.tensors, state.places, state.arguments)
      offsets = try Self.offsets(of: list, in: file, from: keys.end, object.storages)
      try checkStorages()
      try places.values.checkSharing(inFileOf: file.byteCount)
    } catch let violation as FormatViolation {
      throw Damage(path, reason: violation.reason)
    } catch let error as UnsafePickle {
      throw error.file(path)
    }
  }

  func floats(of name: String) throws -> [Float] {
    guard let tensor = places[Array(name.utf8)], let start = offsets[tensor.storage.key] else {
      throw Damage(file.path, reason: "it holds no tensor '\(name)'")
    }
    return try tensor.floats { try file.read(start + $0.lowerBound..<start + $0.upperBound) }
  }

  @discardableResult
  func verify() throws -> Assurance { .structure }

  /// Checks that the storages of the tensors are there as the tensors have them.
  private func checkStorages() throws(FormatViolation) {
    for storage in Set(places.values.map(\.storage)) where offsets[storage.key] == nil {
      throw FormatViolation("it lacks the storage '\(storage.key)'")
    }
  }

  /// Where the elements of each storage begin; the first one lies at `start`, and the last one ends
  /// with the file.
  private static func offsets(
    of keys: [String], in file: FileReader, from start: Int,
    _ storages: [String: (byteCount: Int, width: Int)]
  ) throws -> [String: Int] {
    let headerByteCount = MemoryLayout<UInt64>.size
    var (place, offsets) = (start, [String: Int]())
    for key in keys {
      guard let storage = storages[key], file.byteCount - place >= headerByteCount else {
        throw FormatViolation("its storage '\(key)' is cut off or belongs to no tensor")
      }
      let header = try file.read(place..<place + headerByteCount)
      place += headerByteCount
      guard header.littleEndian(at: 0, as: UInt64.self) == storage.byteCount / storage.width,
        0...(file.byteCount - place) ~= storage.byteCount,
        offsets.updateValue(place, forKey: key) == nil
      else {
        throw FormatViolation(
          "its storage '\(key)' is not one of \(storage.byteCount.counting("byte")) within the "
            + "file")
      }
      place += storage.byteCount
    }
    guard place == file.byteCount else {
      throw FormatViolation("it has \(file.byteCount - place) bytes behind its last storage")
    }
    return offsets
  }
}

extension PickleValue {
  /// The texts of a list.
  fileprivate func strings(_ machine: PickleMachine) throws(FormatViolation) -> [String] {
    guard case .list(let list) = self else {
      throw FormatViolation("it has no list of its storages")
    }
    let items = machine.containers[list].items
    let strings = items.compactMap(\.string)
    guard strings.count == items.count else {
      throw FormatViolation("its list of storages holds other values")
    }
    return strings
  }

  /// Whether the description of a machine says that it was little-endian.
  fileprivate func isLittleEndian(_ machine: PickleMachine) -> Bool {
    machine.members(of: self)?.contains { $0.key == "little_endian" && $0.value == .bool(true) }
      ?? false
  }
}
