import CRATELM
import Storage
import SystemPackage
import Testing

/// Checkpoints that were copied out of their run.
@Suite struct CopiedCheckpointTests {
  private let folder: TemporaryFolder
  private let data: TokenData
  private let run: RunDirectory
  private let backup: FilePath

  init() throws {
    folder = try TemporaryFolder()
    data = try TinyRun.pack(into: folder.path.appending("data"))
    run = RunDirectory(folder.path.appending("run"))
    try TinyRun.train(on: data, in: run)
    backup = folder.path.appending("backup")
    try FileSystem.createDirectory(backup)
  }

  private func copy(_ source: FilePath, to target: FilePath, but left: [String] = []) throws {
    try FileSystem.createDirectory(target)
    for name in try FileSystem.names(in: source) where !left.contains(name) {
      try FileContents.copy(source.appending(name), to: target.appending(name))
    }
  }

  private func checkpoint() throws -> Checkpoint {
    try #require(try CheckpointStore(run).all().first)
  }

  /// Under a name of the user's it is a model, every bit of which is checked.
  @Test(arguments: ["best", "step-", "step-of-may", "step-00000007"])
  func anyNameWillDo(name: FilePath.Component) throws {
    let copied = backup.appending(name)
    try copy(checkpoint().path, to: copied)
    try FileSystem.remove(run.path)
    let model = try StoredModel(at: copied)
    #expect(try model.tokenizerFile() == FileContents.read(data.tokenizerPath))
    _ = try model.load(threads: 1)
    #expect(try Checkpoint(opening: copied).step == 2)
    for path in [copied, backup] {
      let parts = try StoredPart.all(at: path)
      #expect(parts.count == 1 && parts.allSatisfy { $0.impediment == nil })
      #expect(try parts.map { try $0.verify() } == [.everyBit])
    }
    // It is no run, so that no other takes its place.
    let directory = RunDirectory(copied)
    #expect(try directory.resumePoint() == nil)
    for replaceable in [RunDirectory.Replaceable.nothing, .runWithoutWeights, .run] {
      #expect(throws: FileError.self) { try directory.requireReplaceable(replaceable) }
    }
  }

  /// A run made of nothing but a copy goes on from it.
  @Test func aRunIsRestored() throws {
    let restored = RunDirectory(folder.path.appending("restored"))
    try FileSystem.createDirectory(restored.path)
    try FileSystem.createDirectory(restored.checkpoints)
    let copied = restored.checkpoints.appending("step-00000002")
    try copy(checkpoint().path, to: copied)
    for name in ["config.json", "tokenizer.json"] {
      try FileContents.copy(copied.appending(name), to: restored.path.appending(name))
    }
    for directory in [run, restored] {
      let resumed = try #require(
        try Run.resume(directory, on: data, conditions: TinyRun.conditions))
      #expect(try resumed.train { _ in true } == .finished)
    }
    #expect(try FileContents.read(restored.weights) == FileContents.read(run.weights))
  }

  /// In a directory of checkpoints each is checked; one that is damaged hides no other.
  @Test func manyAreChecked() throws {
    for name in ["first", "second", "third"] {
      try copy(checkpoint().path, to: backup.appending(FilePath.Component(name) ?? "first"))
    }
    try FileSystem.createDirectory(backup.appending("not-one"))
    let manifest = backup.appending("second/manifest.json")
    try FileContents.write(FileContents.read(manifest).dropLast(2) + [0, 0], to: manifest)
    let parts = try StoredPart.all(at: backup)
    #expect(parts.map(\.path.lastComponent?.string) == ["first", "second", "third"])
    let results = parts.map { part in Result { try part.verify() } }
    #expect(results.map { (try? $0.get()) == .everyBit } == [true, false, true])
  }

  /// What an earlier version wrote is used in its run, and elsewhere says what it lacks.
  @Test func checkpointsOfTheFirstVersion() throws {
    let path = try checkpoint().path
    for name in ["config.json", "tokenizer.json"] { try FileSystem.remove(path.appending(name)) }
    let manifest = path.appending("manifest.json")
    var lines = String(decoding: TinyRun.unsealed(try FileContents.read(manifest)), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for name in ["config.json", "tokenizer.json"] {
      let place = try #require(lines.firstIndex { $0.contains("\"\(name)\"") })
      lines.removeSubrange(place..<place + 4)
    }
    // The last of the files is now "state.json", behind which no comma stands.
    let last = try #require(lines.lastIndex { $0 == "    }," })
    lines[last] = "    }"
    let text = lines.joined(separator: "\n").replacing(
      "\"format_version\" : 2", with: "\"format_version\" : 1")
    try FileContents.write(TinyRun.sealed(text.utf8), to: manifest)

    try Checkpoint(opening: path).verify()
    _ = try StoredModel(at: path).load(threads: 1)
    let copied = backup.appending("old")
    try copy(path, to: copied)
    let part = try #require(try StoredPart.all(at: copied).first)
    #expect(try part.verify() == .everyBit)
    #expect("\(part.impediment as Any)".contains("no config.json and no tokenizer.json"))
    let error = #expect(throws: CheckpointError.self) { try StoredModel(at: copied) }
    #expect("\(error as Any)".contains("copy those of its run into it"))
    for name in ["config.json", "tokenizer.json"] {
      try FileContents.copy(run.path.appending(name), to: copied.appending(name))
    }
    _ = try StoredModel(at: copied).load(threads: 1)
  }
}
