import Glibc
import Storage
import SystemPackage
import Testing

/// Damage and mismatches as a user meets them: one sentence with the file, the bytes and what to do.
@Suite struct IntegrityTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["tokenizer", "data", "run"] {
      try copy(Workshop.folder().path.appending(name), to: folder.path.appending(name))
    }
  }

  private static let foreignCheckpoint = FilePath(#filePath).removingLastComponent()
    .removingLastComponent().appending("Fixtures/interop").appending("tensors.pt").string

  private static let foreignTensors = FilePath(#filePath).removingLastComponent()
    .removingLastComponent().appending("Fixtures/interop/gpt2/model.safetensors")

  private func copy(_ source: FilePath, to target: FilePath) throws {
    guard FileSystem.kind(of: source) == .directory else {
      return try FileContents.write(FileContents.read(source), to: target)
    }
    try FileSystem.createDirectory(target)
    for name in try FileSystem.names(in: source) {
      try copy(source.appending(name), to: target.appending(name))
    }
  }

  /// Flips a bit of the file called `name`, in the middle or at `offset`; returns where.
  private func flip(_ name: String, at offset: Int? = nil) throws -> Int {
    let path = FilePath(folder(name))
    var bytes = try FileContents.read(path)
    let place = offset ?? bytes.count / 2
    bytes[place] ^= 4
    try FileContents.write(bytes, to: path)
    return place
  }

  private var checkpoint: String { "run/checkpoints/step-00000060" }

  @Test func soundThingsAreSound() throws {
    let run = try Program.run(["checkpoint", "verify", folder("run"), "--json"]).json()
    let parts = try #require(run["parts"]?.array)
    #expect(parts.count >= 3 && parts.allSatisfy { $0.object?["every_bit"] == .bool(true) })
    let one = try Program.run(["checkpoint", "verify", folder(checkpoint)])
    #expect(one.status == 0 && one.output.contains("sound.") && one.errors.isEmpty)
    let foreign = try Program.run(
      ["checkpoint", "verify", Self.foreignCheckpoint])
    #expect(foreign.status == 0 && foreign.output.contains("no checksum of every bit"))
  }

  @Test func inspection() throws {
    let json = try Program.run(["checkpoint", "inspect", folder("run"), "--json"]).json()
    #expect(json["step"] == .integer(60) && json["depth"] == .integer(2))
    let data = try Program.run(["data", "inspect", folder("data"), "--json"]).json()
    #expect(json["width"] == .integer(32) && json["vocabulary"] == data["vocabulary_size"])
    let tensors = try #require(json["tensors"]?.array)
    let counted = tensors.compactMap { $0.object?["shape"]?.array }
      .map { $0.compactMap(\.integer).reduce(1, *) }.reduce(0, +)
    #expect(json["parameters"] == .integer(counted))
    #expect(json["files"]?.array?.count == 3)
    let text = try Program.run(["checkpoint", "inspect", folder(checkpoint), "--tensors"])
    #expect(text.output.contains("after step 60") && text.output.contains("token_embedding: F32 ["))
    let file = try Program.run(["checkpoint", "inspect", Self.foreignCheckpoint])
    #expect(file.status == 0 && file.output.contains(" tensors of "))
    try Program.expectFailure(66, ["nothing"], ["checkpoint", "inspect", folder("nothing")])
  }

  /// A flipped bit in what `generate` reads ends it before it writes anything.
  @Test(arguments: ["config.json", "tokenizer.json", "model.safetensors"])
  func aDamagedRun(name: String) throws {
    let place = try flip("run/\(name)")
    let generate = ["generate", "--model", folder("run"), "-p", "Mara", "--max-tokens", "1"]
    for command in [generate, ["checkpoint", "verify", folder("run")]] {
      let result = try Program.run(command)
      #expect(result.status == 65 && result.output.isEmpty)
      #expect(result.errors.contains("run/\(name) is damaged in bytes "), "\(result.errors)")
      #expect(range(in: result.errors)?.contains(place) == true)
    }
  }

  /// What has no end, a pipe or a device, is refused and not waited for; so is what is far too long.
  @Test(arguments: ["config.json", "tokenizer.json", "model.safetensors"])
  func endlessFiles(name: String) throws {
    let path = FilePath(folder("run/\(name)"))
    let generate = ["generate", "--model", folder("run"), "-p", "Mara", "--max-tokens", "1"]
    for (make, status) in [(makePipe, Int32(64)), (linkDevice, 64), (makeHole, 65)] {
      try FileSystem.remove(path)
      #expect(make(path) == 0)
      try Program.expectFailure(status, ["run/\(name)"], generate)
    }
  }

  /// The same of the log, which is read from its end.
  @Test func anEndlessLog() throws {
    let path = FilePath(folder("run/metrics.jsonl"))
    let resume = ["pretrain", "--data", folder("data"), "-o", folder("run"), "--resume", "auto"]
    for (make, status) in [(makePipe, Int32(64)), (linkDevice, 64), (makeHole, 65)] {
      try FileSystem.remove(path)
      #expect(make(path) == 0)
      let result = try Program.run(resume)
      #expect(result.status == status && result.errors.contains("metrics.jsonl"))
    }
  }

  private func makePipe(_ path: FilePath) -> Int32 { unsafe mkfifo(path.string, 0o600) }

  private func linkDevice(_ path: FilePath) -> Int32 { unsafe symlink("/dev/zero", path.string) }

  /// Four gigabytes of zeros that take no room.
  private func makeHole(_ path: FilePath) -> Int32 {
    let file = unsafe creat(path.string, 0o600)
    defer { close(file) }
    return ftruncate(file, 1 << 32)
  }

  /// Weights of a run that nothing vouches for are not sound.
  @Test func weightsWithoutChecksums() throws {
    try copy(Self.foreignTensors, to: FilePath(folder("run/model.safetensors")))
    for command in [
      ["checkpoint", "verify", folder("run")],
      ["generate", "--model", folder("run"), "-p", "Mara"],
    ] { try Program.expectFailure(65, ["model.safetensors", "no checksums"], command) }
  }

  private func range(in text: String) -> Range<Int>? {
    guard let start = text.firstRange(of: "in bytes ")?.upperBound else { return nil }
    let bounds = text[start...].prefix { $0 != ":" }.split(separator: "..<").compactMap { Int($0) }
    return bounds.count == 2 ? bounds[0]..<bounds[1] : nil
  }

  /// One checkpoint is damaged; the others are said to be sound, and training goes on from them.
  @Test func aDamagedCheckpoint() throws {
    _ = try flip("\(checkpoint)/optimizer.safetensors")
    let result = try Program.run(["checkpoint", "verify", folder("run")])
    #expect(result.status == 65 && result.output.isEmpty)
    #expect(result.errors.contains("optimizer.safetensors is damaged in bytes"))
    #expect(result.errors.contains("step-00000030: sound."))
    let resumed = try Program.run([
      "pretrain", "--data", folder("data"), "-o", folder("run"), "--resume", "auto",
    ])
    #expect(resumed.status == 0 && resumed.errors.contains("Passed over: "))
  }

  @Test func aDamagedTokenizer() throws {
    let command = ["tokenizer", "encode", "--text", "Mara", "--tokenizer", folder("tokenizer")]
    #expect(try Program.run(command).status == 0)
    let place = try flip("tokenizer/tokenizer.json")
    try Program.expectFailure(65, ["tokenizer.json is damaged in bytes 0..<"], command)
    _ = try flip("tokenizer/tokenizer.json", at: place)
    _ = try flip("tokenizer/SHA256SUMS")
    try Program.expectFailure(65, ["SHA256SUMS is damaged in bytes 0..<"], command)
  }

  @Test func damagedData() throws {
    for name in ["manifest.json", "train-00000.shard", "SHA256SUMS"] {
      let place = try flip("data/\(name)")
      try Program.expectFailure(
        65, [name, "is damaged in bytes"], ["data", "verify", folder("data")])
      _ = try flip("data/\(name)", at: place)
    }
    #expect(try Program.run(["data", "verify", folder("data")]).status == 0)
  }

  /// The checksums of a data directory are those of sha256sum.
  @Test func sumsOfOtherPrograms() throws {
    let sums = try FileContents.read(FilePath(folder("data/SHA256SUMS")))
    let lines = String(decoding: sums, as: UTF8.self).split(separator: "\n")
    #expect(lines.last?.hasPrefix("# ") == true)
    // A list without the last line, as sha256sum writes it, is taken.
    try folder.write(lines.dropLast().map { $0 + "\n" }.joined(), to: "data/SHA256SUMS")
    #expect(try Program.run(["data", "verify", folder("data")]).status == 0)
  }

  /// Another tokenizer or other data than the run's: an error with both fingerprints.
  @Test func mismatchesShowBoth() throws {
    try folder.write(Workshop.text + "One more.", to: "other.txt")
    let (other, data) = (folder("other"), folder("other-data"))
    for command in [
      ["tokenizer", "train", folder("other.txt"), "--vocab-size", "390", "-o", other],
      ["data", "pack", folder("other.txt"), "--tokenizer", other, "-o", data],
      [
        "data", "pack", folder("other.txt"), "--tokenizer", folder("tokenizer"), "-o",
        folder("more-data"),
      ],
    ] { #expect(try Program.run(command).status == 0) }
    let own = try fingerprint(of: folder("data"))
    let foreign = try fingerprint(of: data)
    try Program.expectFailure(
      65, [own, foreign],
      ["pretrain", "--data", data, "-o", folder("run"), "--resume", "auto"])
    try Program.expectFailure(
      65, [own, foreign], ["evaluate", "perplexity", "--model", folder("run"), "--data", data])
    let result = try Program.run(
      ["pretrain", "--data", folder("more-data"), "-o", folder("run"), "--resume", "auto"])
    #expect(result.status == 64, "\(result.errors)")
    try copy(
      FilePath(other).appending("tokenizer.json"), to: FilePath(folder("run/tokenizer.json")))
    try Program.expectFailure(
      65, [own, foreign], ["generate", "--model", folder("run"), "-p", "Mara"])
  }

  private func fingerprint(of data: String) throws -> String {
    try #require(
      try Program.run(["data", "inspect", data, "--json"]).json()["tokenizer"]?.string)
  }
}
