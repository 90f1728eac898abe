import CRATELM
import Storage
import SystemPackage
import Testing

/// Tensors as PyTorch writes them (`Tests/Fixtures/interop/generate.py`), whatever their element
/// type and their place in a storage.
@Suite struct TorchReaderTests {
  @Test func everyKindOfTensorIsRead() throws {
    let reader = try TorchReader(Fixture.path("interop/tensors.pt"))
    let expected = try SafeTensorsReader(Fixture.path("interop/tensors.expected.safetensors"))
    #expect(expected.tensors.count == 10)
    for tensor in expected.tensors {
      let stored = try #require(reader.tensors.first { $0.name == tensor.name })
      #expect(stored.shape == tensor.shape)
      #expect(stored.type.isFloating)
      #expect(try reader.floats(of: tensor.name) == expected.floats(of: tensor.name))
    }
    #expect(reader.tensors.first { $0.name == "long" }?.type == .int64)
  }

  @Test func checkpointsOfTrainingCodeAreUnwrapped() throws {
    let reader = try TorchReader(Fixture.path("interop/crate.pt"))
    #expect(reader.tensors.contains { $0.name == "_orig_mod.transformer.h.1.ista.weight" })
    #expect(reader.arguments["n_head"] == 2)
  }

  /// No prefix of a checkpoint is one, and no changed byte traps.
  @Test func damagedFilesAreRefused() throws {
    let whole = try FileContents.read(Fixture.path("interop/tensors.pt"))
    let folder = try TemporaryFolder()
    let path = folder.path.appending("damaged.pt")
    for count in stride(from: 0, to: whole.count, by: 7) {
      try FileContents.write(Array(whole[..<count]), to: path)
      #expect(throws: Damage.self) { try TorchReader(path) }
    }
    for place in whole.indices {
      var bytes = whole
      bytes[place] ^= 1 << (place % 8)
      try FileContents.write(bytes, to: path)
      guard let reader = try? TorchReader(path) else { continue }
      for tensor in reader.tensors where tensor.type.isFloating {
        _ = try? reader.floats(of: tensor.name)
      }
    }
  }
}
