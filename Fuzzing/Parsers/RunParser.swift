import CRATELM
import Storage
import SystemPackage

/// A record of a run or of its checkpoint, chosen by the first byte, among sound files.
struct RunParser: FuzzedParser {
  private static let names = [
    "run/config.json", "run/checkpoints/step-00000002/manifest.json",
    "run/checkpoints/step-00000002/state.json", "run/model.safetensors",
  ]

  private let folder: MemoryFolder
  private let sound: [(name: String, content: [UInt8])]
  private let data: TokenData

  init() throws {
    folder = try MemoryFolder()
    data = try TinyRun.pack(into: folder.path.appending("data"))
    let run = RunDirectory(folder.path.appending("run"))
    try TinyRun.train(on: data, in: run)
    let root = folder.path
    sound = try Self.names.map { ($0, try FileContents.read(root.appending($0))) }
  }

  func parse(_ bytes: [UInt8]) throws {
    guard let choice = bytes.first else { return }
    let name = Self.names[Int(choice) % Self.names.count]
    for file in sound { try folder.write(file.content, to: file.name) }
    let content = bytes.dropFirst()
    if name.hasSuffix(".json") {
      try write(TinyRun.sealed(content), to: name)
    } else {
      try folder.write(content, to: name)
    }
    let run = RunDirectory(folder.path.appending("run"))
    attempt { _ = try RunRecord.read(from: run) }
    attempt { _ = try StoredModel(at: run.path).load(threads: 1) }
    attempt { _ = try CheckpointStore(run).newestVerified() }
    attempt {
      for checkpoint in try CheckpointStore(run).all() {
        try TinyRun.step(from: checkpoint, on: data)
      }
    }
  }

  /// Records are given without their checksum.
  func seeds() -> [[UInt8]] {
    zip(0..., sound).map { number, file in
      [UInt8(number)]
        + (file.name.hasSuffix(".json") ? TinyRun.unsealed(file.content) : file.content)
    }
  }

  /// Writes a record, and a manifest that matches it if the record is the state.
  private func write(_ record: [UInt8], to name: String) throws {
    try folder.write(record, to: name)
    guard name == Self.names[2] else { return }
    try folder.write(TinyRun.manifest(sound[1].content, of: record), to: Self.names[1])
  }

  private func attempt(_ body: () throws -> Void) {
    do { try body() } catch { _ = "\(error)" }
  }
}
