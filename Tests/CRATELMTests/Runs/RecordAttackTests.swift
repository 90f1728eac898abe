import CRATELM
import Storage
import SystemPackage
import Testing

/// The records of a run and its checkpoint, changed by someone who knows their checksum.
@Suite struct RecordAttackTests {
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

  /// Writes `text` as the record at `path`, with the checksum that it must have, and with a manifest
  /// that vouches for it.
  private func forge(_ path: FilePath, _ text: String) throws {
    let record = TinyRun.sealed(text.utf8)
    try FileContents.write(record, to: path)
    guard path.lastComponent == "state.json" else { return }
    let manifest = checkpoint.path.appending("manifest.json")
    try FileContents.write(
      TinyRun.manifest(FileContents.read(manifest), of: record), to: manifest)
  }

  private static let junk = [
    "", "{\n", "{\n}\n", "{\n[]", "{\n  \"step\" : 1,\n  \"step\" : 2\n}\n",
    "{\n  \"a\" : \"\\ud800\"\n}\n",
    "{\n  \"a\" : " + String(repeating: "[", count: 100_000), "{\n  \"a\" : 1e999\n}\n",
  ]

  @Test(arguments: junk) func recordsThatAreNone(text: String) throws {
    for path in [run.configuration, checkpoint.path.appending("state.json")] {
      try forge(path, text)
      #expect(throws: CheckpointError.self) { try RunRecord.read(from: run) }
    }
    try forge(checkpoint.path.appending("manifest.json"), text)
    #expect(throws: CheckpointError.self) { try checkpoint.verify() }
    #expect(throws: CheckpointError.self) { try StoredModel(at: checkpoint.path) }
  }

  /// A record of a newer program is refused with both versions; one without a version only if there
  /// ever were such records.
  @Test func otherVersions() throws {
    let state = checkpoint.path.appending("state.json")
    let manifest = checkpoint.path.appending("manifest.json")
    let uses: [(FilePath, () throws -> Void)] = [
      (run.configuration, { _ = try StoredModel(at: run.path) }),
      (run.configuration, { _ = try RunRecord.read(from: run) }),
      (manifest, { try checkpoint.verify() }), (state, { _ = try checkpoint.state() }),
    ]
    for (path, use) in uses {
      let whole = try FileContents.read(path)
      let record = String(decoding: TinyRun.unsealed(whole), as: UTF8.self)
      // The record of a run has a fifth version, a manifest a second.
      let known = [run.configuration: 5, manifest: 2][path] ?? 1
      let expected = known > 1 ? "expected 1 to \(known)" : "expected 1"
      let version = "  \"format_version\" : \(known),\n"
      for (replacement, clause) in [
        (
          "  \"format_version\" : 6,\n",
          "format version 6, which a newer program wrote; \(expected)"
        ),
        ("  \"format_version\" : 0,\n", "format version 0; \(expected)"),
        ("", path == state ? nil : "no format_version; \(expected)"),
      ] {
        try FileContents.write(
          TinyRun.sealed(record.replacing(version, with: replacement).utf8), to: path)
        guard let clause else {
          try use()
          continue
        }
        let refusal = CheckpointError.foreign(path, reason: "it has \(clause)")
        #expect(throws: refusal) { try use() }
      }
      try FileContents.write(whole, to: path)
      try use()
    }
  }

  /// Every number of every record, set to the ends of its range: an error, or a record that is used
  /// without a trap.
  @Test func numbersAtTheirEnds() throws {
    let values = ["-9223372036854775808", "-1", "0", "9223372036854775807", "1e308", "0.5", "null"]
    for path in [
      run.configuration, checkpoint.path.appending("manifest.json"),
      checkpoint.path.appending("state.json"),
    ] {
      let whole = try FileContents.read(path)
      let lines = String(decoding: TinyRun.unsealed(whole), as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false)
      for index in lines.indices {
        guard let colon = lines[index].lastIndex(of: ":") else { continue }
        let end = lines[index].hasSuffix(",") ? "," : ""
        guard !lines[index].hasSuffix("{"), !lines[index].hasSuffix("[") else { continue }
        for value in values {
          var forged = lines
          forged[index] = "\(lines[index][...colon]) \(value)\(end)"[...]
          try forge(path, forged.joined(separator: "\n"))
          use()
        }
      }
      try forge(path, String(decoding: TinyRun.unsealed(whole), as: UTF8.self))
      try checkpoint.verify()
    }
  }

  private func use() {
    attempt { _ = try RunRecord.read(from: run) }
    attempt { _ = try StoredModel(at: run.path).load(threads: 1) }
    attempt { try checkpoint.verify() }
    attempt { try TinyRun.step(from: checkpoint, on: data) }
    attempt {
      _ = try Run.resume(run, on: data, conditions: TinyRun.conditions)?.trainer.step()
    }
  }

  private func attempt(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      #expect(!"\(error)".isEmpty)
    }
  }
}
