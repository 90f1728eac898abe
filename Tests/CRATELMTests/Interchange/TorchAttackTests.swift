import CRATELM
import Storage
import SystemPackage
import Testing

/// Files that only look like PyTorch's are refused with one sentence, and nothing in them is run.
@Suite struct TorchAttackTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// The storage of four floats that the pickles refer to.
  private static let storage = [UInt8](repeating: 0, count: 16)

  private func open(_ archive: [UInt8]) throws -> TorchReader {
    let path = folder.path.appending("attack.pt")
    try FileContents.write(archive, to: path)
    return try TorchReader(path)
  }

  private func archive(
    _ value: [UInt8], more: [(name: String, bytes: [UInt8])] = []
  ) -> ZipBuilder {
    ZipBuilder(
      [
        ("x/data.pkl", Pickle.join(Pickle.proto, value, Pickle.stop)), ("x/data/0", Self.storage),
      ] + more)
  }

  /// Expects that `archive` is damaged, or not readable safely, with `words` in the reason.
  private func expectRefusal(
    _ archive: [UInt8], _ words: [String], isUnsafe: Bool? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let reason: String
    do {
      _ = try open(archive)
      Issue.record("it was read", sourceLocation: sourceLocation)
      return
    } catch let error as Damage {
      reason = error.description
      #expect(isUnsafe != true, "\(error)", sourceLocation: sourceLocation)
    } catch let error as ForeignFile {
      reason = error.reason
      #expect(isUnsafe != false, "\(error)", sourceLocation: sourceLocation)
      #expect(!reason.contains("damaged"), sourceLocation: sourceLocation)
    } catch {
      Issue.record("\(error)", sourceLocation: sourceLocation)
      return
    }
    for word in words {
      #expect(
        reason.contains(word), "'\(word)' in: \(reason)", sourceLocation: sourceLocation)
    }
  }

  private static let square = Pickle.tensor([2, 2], strides: [2, 1])

  @Test func soundArchivesAreRead() throws {
    let reader = try open(archive(Pickle.dictionary("a", Self.square)).bytes)
    #expect(try reader.floats(of: "a") == [0, 0, 0, 0])
    var wide = archive(Pickle.dictionary("a", Self.square))
    let end = Array(wide.bytes.suffix(22))
    func number(_ offset: Int) -> UInt64 {
      (0..<4).reduce(0) { $0 | UInt64(end[offset + $1]) << (8 * UInt64($1)) }
    }
    wide.wide = (2, number(12), number(16))
    (wide.entryCount, wide.directoryByteCount, wide.directoryOffset) = (.max, .max, .max)
    _ = try open(wide.bytes)
    wide.wide?.offset += 1
    expectRefusal(wide.bytes, ["directory"])
  }

  /// Python's ways to call a function, and everything else that no tensor needs.
  @Test(
    arguments: [
      ([0x69, 0x6F, 0x73, 0x0A, 0x78, 0x0A], "INST"), ([0x6F], "OBJ"), ([0x92], "NEWOBJ_EX"),
      ([0x93], "STACK_GLOBAL"), ([0x82, 1], "EXT1"),
      ([0x50, 0x0A], "PERSID"), ([0x32], "DUP"), ([0x8C, 1, 0x61], "SHORT_BINUNICODE"),
    ] as [([UInt8], String)])
  func forbiddenInstructions(instruction: [UInt8], name: String) {
    expectRefusal(
      archive(Pickle.join(Pickle.emptyDict, instruction)).bytes,
      ["not readable safely", name, "byte 3"], isUnsafe: true)
  }

  @Test(arguments: [
    ("os", "system"), ("builtins", "eval"), ("posix", "system"), ("torch", "load"),
    ("torch._utils", "_rebuild_device_tensor_from_numpy"), ("torch.nn.modules.linear", "Linear"),
    ("numpy.core.multiarray", "_reconstruct"), ("__builtin__", "eval"),
  ])
  func forbiddenNames(module: String, name: String) {
    let call = Pickle.call(
      Pickle.global(module, name), Pickle.tuple(Pickle.string("touch x")))
    expectRefusal(
      archive(call).bytes, ["not readable safely", "\(module).\(name)", "byte"], isUnsafe: true)
  }

  private static let ordered = Pickle.global("collections", "OrderedDict")
  private static let orderedDictionary = Pickle.call(ordered, Pickle.tuple())

  @Test(arguments: [
    Pickle.call(ordered, Pickle.tuple(Pickle.integer(1))),
    Pickle.call(ordered, Pickle.emptyList),
    Pickle.call(Pickle.global("torch", "FloatStorage"), Pickle.tuple()),
    Pickle.call(Pickle.string("os.system"), Pickle.tuple(Pickle.string("x"))),
    Pickle.call(
      Pickle.global("torch._utils", "_rebuild_parameter"), Pickle.tuple(Pickle.integer(1))),
    Pickle.join(Pickle.emptyDict, Pickle.emptyDict, Pickle.op("b")),
    Pickle.join(orderedDictionary, Pickle.emptyList, Pickle.op("b")),
  ])
  func callsWithOtherArguments(program: [UInt8]) {
    expectRefusal(archive(program).bytes, ["byte"])
  }

  @Test(
    arguments: [
      [], Pickle.reduce, Pickle.setItems, Pickle.tuple, Pickle.get(7), Pickle.put(0),
      [0x72, 0xFF, 0xFF, 0xFF, 0xFF], [0x6A, 0xFF, 0xFF, 0xFF, 0xFF], Pickle.persistentID,
      Pickle.op("a"), Pickle.join(Pickle.emptyList, Pickle.op("e")), [0x87],
      Pickle.join(Pickle.mark, Pickle.op("N"), Pickle.reduce),
      Pickle.join(Pickle.emptyDict, Pickle.mark, Pickle.string("a"), Pickle.setItems),
      [0x58, 0xFF, 0xFF, 0xFF, 0xFF], [0x58, 1, 0, 0, 0, 0xFF],
      [0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1], [0x80, 4], [0xFF], [0x81], [0x4E, 0x4E], [0x28, 0x4E],
      [0x4E], [0x5D],
      [0x63], [UInt8](repeating: 0x28, count: 100_000), [UInt8](repeating: 0x5D, count: 100_000),
    ] as [[UInt8]])
  func brokenPrograms(program: [UInt8]) {
    expectRefusal(archive(program).bytes, [])
  }

  /// A container in itself, by its place in the memo.
  @Test func cycles() {
    let dictionary = Pickle.join(
      Pickle.emptyDict, Pickle.put(1), Pickle.mark, Pickle.string("model"), Pickle.get(1),
      Pickle.setItems)
    expectRefusal(archive(dictionary).bytes, ["holds itself"])
    let list = Pickle.join(
      Pickle.emptyList, Pickle.put(1), Pickle.tuple(Pickle.get(1)), Pickle.op("a"))
    expectRefusal(archive(Pickle.dictionary("config", list)).bytes, ["holds itself"])
  }

  /// Tensors larger than their storage, and sizes that overflow.
  @Test(arguments: [
    Pickle.tensor([5], strides: [1]), Pickle.tensor([4], strides: [1], offset: 1),
    Pickle.tensor([2], strides: [4]), Pickle.tensor([-1], strides: [1]),
    Pickle.tensor([2, 2], strides: [1]), Pickle.tensor([2], strides: [-1], offset: 3),
    Pickle.tensor([.max, .max], strides: [0, 0]), Pickle.tensor([1 << 40], strides: [0]),
    Pickle.tensor([2], strides: [.max]), Pickle.tensor([.max], strides: [.max], offset: .max),
    Pickle.tensor([2], strides: [1], offset: .max), Pickle.tensor([0], strides: [1], offset: 5),
    Pickle.tensor([2, 2], strides: [2, 1], storageCount: .max),
    Pickle.tensor([2, 2], strides: [2, 1], storageCount: -1),
    Pickle.tensor([2, 2], strides: [2, 1], storageCount: 5),
    Pickle.tensor([2, 2], strides: [2, 1], storageType: "DoubleStorage"),
    Pickle.tensor([2, 2], strides: [2, 1], storageType: "UntypedStorage"),
    Pickle.tensor([2, 2], strides: [2, 1], key: "1"),
    Pickle.tensor([2, 2], strides: [2, 1], key: "../0"),
  ])
  func impossibleTensors(tensor: [UInt8]) {
    expectRefusal(archive(Pickle.dictionary("a", tensor)).bytes, [])
  }

  /// Many names for the same numbers: a small file must not become a large model.
  @Test func sharedStorages() {
    let members = (0..<400).flatMap { Pickle.join(Pickle.string("t\($0)"), Pickle.get(1)) }
    let program = Pickle.join(
      Pickle.proto, Pickle.emptyDict, Pickle.mark, Pickle.string("a"),
      Pickle.tensor([25_000], strides: [1], storageCount: 25_000), Pickle.put(1), members,
      Pickle.setItems, Pickle.stop)
    let builder = ZipBuilder([
      ("x/data.pkl", program), ("x/data/0", [UInt8](repeating: 0, count: 100_000)),
    ])
    expectRefusal(builder.bytes, ["share"])
  }

  @Test func truncatedStorages() {
    var builder = archive(Pickle.dictionary("a", Self.square))
    builder.files[1] = ZipBuilder.File("x/data/0", [UInt8](repeating: 0, count: 12))
    expectRefusal(builder.bytes, ["storage '0'", "12 bytes"])
    builder.files.remove(at: 1)
    expectRefusal(builder.bytes, ["lacks the storage"])
  }

  @Test func namesTwiceAndOtherStates() {
    let twice = Pickle.join(
      Pickle.emptyDict, Pickle.mark, Pickle.string("a"), Self.square, Pickle.string("a"),
      Self.square, Pickle.setItems)
    expectRefusal(archive(twice).bytes, ["twice"])
    expectRefusal(
      archive(Pickle.dictionary("model", Pickle.dictionary("a", Pickle.integer(1)))).bytes,
      ["'a'", "integer"])
    expectRefusal(
      archive(
        Pickle.dictionary("a", Self.square), more: [("x/byteorder", Array("big".utf8))]
      ).bytes,
      ["byte order"])
    expectRefusal(
      archive(Pickle.dictionary("a", Self.square), more: [("y/data.pkl", [])]).bytes, ["data.pkl"])
  }
}
