import CRATELM
import Storage
import SystemPackage
import Testing

/// What `torch.load(weights_only=True)` of PyTorch 2.13 reads is read, and what it refuses is
/// refused (`Tests/Fixtures/torch/generate.py`).
@Suite struct TorchValuesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func json(_ name: String) throws -> JSONValue {
    try JSONValue.parse(FileContents.read(Fixture.path("torch/\(name)")))
  }

  private func open(_ files: [(name: String, bytes: [UInt8])]) throws -> TorchReader {
    let path = folder.path.appending("values.pt")
    try FileContents.write(ZipBuilder(files.map { ("x/" + $0.name, $0.bytes) }).bytes, to: path)
    return try TorchReader(path)
  }

  /// The archive of a recorded pickle; its storages hold floats 0, 1, 2 … as far as they go.
  private func open(_ record: JSONObject) throws -> TorchReader {
    let digits = Array(try #require(record["pickle"]?.string))
    let pickle = stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(digits[$0..<$0 + 2]), radix: 16)
    }
    let storages = try #require(record["storages"]?.object)
    return try open(
      [("data.pkl", pickle)]
        + storages.keys.map { key in
          let count = Int(storages[key]?.integer ?? 0)
          let numbers = (0...count / 4).flatMap { Float($0).bitPattern.littleEndianBytes }
          return ("data/\(key)", Array(numbers.prefix(count)))
        })
  }

  /// Every value beside the model is harmless; the model is read as it is.
  @Test func valuesBesideAModel() throws {
    let values = try #require(Self.json("values.json").object)
    #expect(values.count == 29)
    for name in values.keys {
      let reader = try open(#require(values[name]?.object))
      #expect(reader.tensors.map(\.name) == ["a"], "\(name)")
      #expect(try reader.floats(of: "a") == [0, 1, 2, 3], "\(name)")
    }
  }

  /// Every name that PyTorch allows may stand in a checkpoint, and none besides.
  @Test func names() throws {
    let names = try #require(Self.json("names.json").array).compactMap(\.string)
    #expect(names.count == 144)
    func archive(_ name: String) throws -> TorchReader {
      let dot = try #require(name.lastIndex(of: "."))
      let global = Pickle.global(String(name[..<dot]), String(name[name.index(after: dot)...]))
      let model = Pickle.dictionary("a", Pickle.tensor([4], strides: [1]))
      let program = Pickle.join(
        Pickle.proto, Pickle.emptyDict, Pickle.mark, Pickle.string("model"), model,
        Pickle.string("value"), global, Pickle.setItems, Pickle.stop)
      return try open([
        ("data.pkl", program), ("data/0", [UInt8](repeating: 0, count: 16)),
      ])
    }
    for name in names { #expect(try archive(name).tensors.count == 1, "\(name)") }
    for name in names {
      #expect(throws: ForeignFile.self, "\(name)") { try archive(name + "x") }
      #expect(throws: ForeignFile.self, "\(name)") { try archive("os." + name) }
    }
  }

  /// Tensors of other kinds are refused by their kind, and the file is not called damaged.
  @Test(arguments: [
    ("sparse", "a sparse tensor (torch._utils._rebuild_sparse_tensor)"),
    ("quantised", "a quantised tensor (torch._utils._rebuild_qtensor)"),
    ("nested", "a nested tensor (torch._utils._rebuild_nested_tensor)"),
    ("subclass", "the name \"__main__.Attributed\""),
    ("numpy", "the name \"numpy._core.multiarray._reconstruct\""),
    ("module", "the name \"torch.nn.modules.linear.Linear\""),
  ])
  func refused(name: String, words: String) throws {
    let values = try #require(Self.json("refused.json").object)
    let record = try #require(values[name]?.object)
    let error = #expect(throws: ForeignFile.self) { try open(record) }
    let reason = error?.reason ?? ""
    #expect(reason.contains("it is not readable safely: its pickle has \(words)"), "\(reason)")
  }

  /// A value in the place of a tensor is named, and the file is not called damaged.
  @Test(arguments: [("float8 tensor", "torch.float8_e5m2"), ("meta", "meta"), ("set", "set")])
  func valuesInPlaceOfTensors(name: String, word: String) throws {
    let values = try #require(Self.json("values.json").object)
    let record = try #require(values[name]?.object)
    let digits = try #require(record["pickle"]?.string)
    // The model is called otherwise, so that the whole is taken for it.
    let other = digits.replacing("6d6f64656c", with: "6d6f64656d")
    let changed = JSONObject([
      ("pickle", .string(other)), ("storages", record["storages"] ?? .null),
    ])
    let error = #expect(throws: ForeignFile.self) { try open(changed) }
    #expect(error?.reason.contains("expected a tensor of numbers") ?? false)
  }

  // MARK: PyTorch before 1.6

  @Test func legacyFormat() throws {
    let path = Fixture.path("torch/legacy.pt")
    let reader = try CheckpointSource.open(path).tensors
    let expected = try SafeTensorsReader(Fixture.path("torch/legacy.expected.safetensors"))
    #expect(expected.tensors.count == 9)
    #expect(reader.tensors.count == 9)
    for tensor in expected.tensors {
      #expect(reader.tensors.first { $0.name == tensor.name }?.shape == tensor.shape)
      #expect(try reader.floats(of: tensor.name) == expected.floats(of: tensor.name))
    }
    #expect(reader.arguments["n_head"] == 2)
    #expect(try reader.verify() == .structure)
    #expect(!reader.hasChecksums)
  }

  /// No prefix of it is one, more is refused, and no changed byte traps.
  @Test func damagedLegacyFiles() throws {
    let whole = try FileContents.read(Fixture.path("torch/legacy.pt"))
    let path = folder.path.appending("legacy.pt")
    for bytes in stride(from: 16, to: whole.count, by: 5).map({ Array(whole[..<$0]) })
      + [whole + [0]]
    {
      try FileContents.write(bytes, to: path)
      #expect(throws: Damage.self, "\(bytes.count)") { try CheckpointSource.open(path) }
    }
    for place in whole.indices {
      var bytes = whole
      bytes[place] ^= 1 << (place % 8)
      try FileContents.write(bytes, to: path)
      guard let reader = try? CheckpointSource.open(path).tensors else { continue }
      for tensor in reader.tensors where tensor.type.isFloating {
        _ = try? reader.floats(of: tensor.name)
      }
    }
  }
}
