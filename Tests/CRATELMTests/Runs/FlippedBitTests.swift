import CRATELM
import Storage
import SystemPackage
import Testing

/// Every bit of a tiny run, checkpoint and data directory, flipped one after the other: it is found
/// before anything is used, and named with its file and with bytes that hold it.
@Suite struct FlippedBitTests {
  private let folder: TemporaryFolder
  private let data: TokenData
  private let run: RunDirectory
  private let checkpoint: Checkpoint

  init() throws {
    folder = try TemporaryFolder()
    data = try TinyRun.pack(into: folder.path.appending("data"))
    run = RunDirectory(folder.path.appending("run"))
    try TinyRun.train(on: data, in: run)
    checkpoint = try #require(try CheckpointStore(run).all().first)
  }

  /// Where an error says that the damage is.
  private struct Place {
    let path: FilePath
    let bytes: Range<Int>

    init?(_ error: any Error) {
      switch error {
      case CheckpointError.damaged(let damage), DataError.damaged(let damage):
        guard let bytes = damage.bytes else { return nil }
        (path, self.bytes) = (damage.path, bytes)
      case DataError.foreign(let path, _, let found) where found.hasSuffix("its first 16 bytes"):
        (self.path, bytes) = (path, 0..<16)
      default: return nil
      }
    }

    /// Whether the path is that of `file`, or of the link to it that it is reached by.
    func isIn(_ file: FilePath) -> Bool {
      path == file || (try? FileSystem.canonical(path)) == (try? FileSystem.canonical(file))
    }
  }

  /// Flips every bit of `file`, and expects of `use` an error that says where.
  private func expectDetection(of file: FilePath, by use: () throws -> Void) throws {
    try use()
    let descriptor = try FileDescriptor.open(file, .readWrite)
    defer { try? descriptor.close() }
    for (offset, byte) in try FileContents.read(file).enumerated() {
      for bit in 0..<8 {
        _ = try descriptor.writeAll(toAbsoluteOffset: Int64(offset), [byte ^ 1 << bit])
        var answer = "nothing"
        do {
          try use()
        } catch {
          if let place = Place(error), place.bytes.contains(offset), place.isIn(file) { continue }
          answer = "\(error)"
        }
        Issue.record("byte \(offset), bit \(bit) of \(file): \(answer)")
        return
      }
      _ = try descriptor.writeAll(toAbsoluteOffset: Int64(offset), [byte])
    }
    try use()
  }

  /// What `generate --model RUN` reads.
  private func useModel(at path: FilePath) throws {
    let model = try StoredModel(at: path)
    _ = try model.tokenizerFile()
    _ = try model.load(threads: 1)
  }

  @Test(arguments: ["config.json", "tokenizer.json", "model.safetensors"])
  func aRun(name: FilePath.Component) throws {
    try expectDetection(of: run.path.appending(name)) { try useModel(at: run.path) }
  }

  @Test(arguments: [
    "manifest.json", "state.json", "config.json", "tokenizer.json", "model.safetensors",
    "optimizer.safetensors",
  ])
  func aCheckpoint(name: FilePath.Component) throws {
    let file = checkpoint.path.appending(name)
    try expectDetection(of: file) { try checkpoint.verify() }
  }

  /// What `generate --model CHECKPOINT` reads.
  @Test(arguments: ["manifest.json", "config.json", "tokenizer.json", "model.safetensors"])
  func aModelInACheckpoint(name: FilePath.Component) throws {
    try expectDetection(of: checkpoint.path.appending(name)) {
      try useModel(at: checkpoint.path)
    }
  }

  @Test(arguments: [
    "manifest.json", "tokenizer.json", "token-byte-counts.bin", "SHA256SUMS", "train-00000.shard",
    "validation-00000.shard",
  ])
  func aDataDirectory(name: FilePath.Component) throws {
    try expectDetection(of: data.directory.appending(name)) {
      try TokenData(directory: data.directory).verify()
    }
  }
}
