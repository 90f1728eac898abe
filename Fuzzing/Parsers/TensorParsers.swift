import CRATELM
import Storage
import SystemPackage

/// A safetensors file: the header, its checksums, then every tensor.
struct SafeTensorsParser: FuzzedParser {
  private let file: FilePath
  private let folder: MemoryFolder

  init() throws {
    folder = try MemoryFolder()
    file = folder.path.appending("model.safetensors")
  }

  func parse(_ bytes: [UInt8]) throws {
    try folder.write(bytes, to: "model.safetensors")
    let reader = try SafeTensorsReader(file)
    for tensor in reader.tensors where tensor.type.isFloating {
      _ = try reader.floats(of: tensor.name)
    }
    try reader.verify()
  }

  func seeds() throws -> [[UInt8]] {
    try ["bert", "gpt2"].map { try Fixture.contents("interop/\($0).expected.safetensors") }
      + [
        Fixture.contents("interop/tensors.expected.safetensors"), TinyRun.weights(in: folder.path),
      ]
  }
}

/// A checkpoint of PyTorch as a whole.
struct TorchParser: FuzzedParser {
  private let file: FilePath
  private let folder: MemoryFolder

  init() throws {
    folder = try MemoryFolder()
    file = folder.path.appending("model.pt")
  }

  func parse(_ bytes: [UInt8]) throws {
    try folder.write(bytes, to: "model.pt")
    let reader = try TorchReader(file)
    for tensor in reader.tensors where tensor.type.isFloating {
      _ = try reader.floats(of: tensor.name)
    }
    try reader.verify()
  }

  func seeds() throws -> [[UInt8]] {
    [try Fixture.contents("interop/tensors.pt"), PickleParser.archive(of: PickleParser.state)]
  }
}

/// The pickle within a sound archive that has two storages, of sixteen and eight bytes.
struct PickleParser: FuzzedParser {
  private let torch: TorchParser

  init() throws {
    torch = try TorchParser()
  }

  func parse(_ bytes: [UInt8]) throws {
    try torch.parse(Self.archive(of: bytes))
  }

  static func archive(of pickle: [UInt8]) -> [UInt8] {
    ZipBuilder([
      ("x/data.pkl", pickle), ("x/data/0", [UInt8](repeating: 0, count: 16)),
      ("x/data/1", [UInt8](repeating: 0, count: 8)),
    ]).bytes
  }

  /// A state dict of one matrix.
  static let state = Pickle.join(
    Pickle.proto, Pickle.dictionary("a", Pickle.tensor([2, 2], strides: [2, 1])), Pickle.stop)

  func seeds() throws -> [[UInt8]] {
    let members = Pickle.dictionary("weight", Pickle.tensor([4], strides: [1]))
    return [
      Self.state, Pickle.join(Pickle.proto, Pickle.dictionary("model", members), Pickle.stop),
      Pickle.join(
        Pickle.proto,
        Pickle.call(Pickle.global("collections", "OrderedDict"), Pickle.tuple()), Pickle.stop),
    ]
  }
}
