import Storage
import SystemPackage
import Testing

/// `data merge`: the tokens of several directories, one after the other.
@Suite struct MergeTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func pack(_ text: String, _ name: String, _ more: [String] = []) throws {
    try folder.write(text, to: "\(name).jsonl")
    let result = try Program.run(
      [
        "data", "pack", folder("\(name).jsonl"), "--tokenizer", shop("tokenizer"), "-o",
        folder(name), "--quiet",
      ] + more)
    try #require(result.status == 0, "\(result.errors)")
  }

  private func documents(_ count: Int, _ text: String) -> String {
    (0..<count).map { "{\"text\": \"\(text) \($0).\"}\n" }.joined()
  }

  private func ids(_ name: String, _ split: String) throws -> String {
    try Program.run(["data", "read", folder(name), "--split", split]).output
  }

  private func merge(_ names: [String], _ more: [String] = []) -> [String] {
    ["data", "merge"] + names.map { folder($0) } + ["-o", folder("all"), "--json"] + more
  }

  /// Both splits are joined, whatever their number of shards, and every byte is sound.
  @Test func tokensFollowEachOther() throws {
    try pack(documents(100, "Mara found the boat"), "a", ["--validation", "0.1", "--seed", "3"])
    try pack(
      documents(9000, "Ada gave it to Nell"), "b",
      ["--validation", "0.2", "--shard-tokens", "16384"])
    try pack(documents(2, "The bell"), "c", ["--validation", "0", "--compression", "small"])
    let names = ["a", "b", "c"]
    let reports = try names.map {
      try Program.run(["data", "inspect", folder($0), "--json"]).json()
    }
    #expect(try #require(reports[1]["shards"]?.integer) > 3)
    let whole = try Program.run(merge(names)).json()
    for key in ["tokens", "documents", "bytes", "shards", "shard_bytes"] {
      let sum = reports.reduce(0) { $0 + ($1[key]?.integer ?? 0) }
      #expect(whole[key]?.integer == sum, "\(key)")
    }
    #expect(whole["tokenizer"] == reports[0]["tokenizer"])
    #expect(whole["validation_fraction"]?.double == 0)
    for split in ["train", "validation"] {
      #expect(try ids("all", split) == names.map { try ids($0, split) }.joined(), "\(split)")
    }
    #expect(try Program.run(["data", "verify", folder("all")]).status == 0)
    // The same bytes from the same directories, also over those that are there.
    let sums = try FileContents.read(folder.path.appending("all").appending("SHA256SUMS"))
    try Program.expectFailure(73, ["--overwrite"], merge(names))
    #expect(try Program.run(merge(names, ["--overwrite"])).status == 0)
    #expect(try FileContents.read(folder.path.appending("all").appending("SHA256SUMS")) == sums)
  }

  /// Directories that do not go together are refused with both names, and nothing is written.
  @Test func whatDoesNotGoTogether() throws {
    try pack(documents(3, "Mara"), "a", ["--validation", "0"])
    try pack(documents(4, "Ada"), "b", ["--validation", "0"])
    try folder.write(Workshop.text, to: "other.txt")
    for arguments in [
      [
        "tokenizer", "train", folder("other.txt"), "--vocab-size", "300", "-o",
        folder("other-tokenizer"),
      ],
      [
        "data", "pack", folder("other.txt"), "--tokenizer", folder("other-tokenizer"), "-o",
        folder("other"),
      ],
    ] {
      #expect(try Program.run(arguments).status == 0)
    }
    try Program.expectFailure(
      65, [folder("a"), folder("other"), "another tokenizer"], merge(["a", "other"]))
    try Program.expectFailure(
      64, [folder("a"), folder("b/../a"), "the same data"], merge(["a", "b", "b/../a"]))
    try Program.expectFailure(66, [folder("none")], merge(["a", "none"]))
    try Program.expectFailure(65, ["data directory"], merge(["a", "other-tokenizer"]))
    let shard = folder.path.appending("b").appending("train-00000.shard")
    var bytes = try FileContents.read(shard)
    bytes[bytes.count / 2] ^= 1
    try FileContents.write(bytes, to: shard)
    try Program.expectFailure(65, [shard.string, "damaged"], merge(["a", "b"]))
    #expect(FileSystem.kind(of: folder.path.appending("all")) == nil)
    #expect(try FileSystem.names(in: folder.path).allSatisfy { !$0.hasPrefix(".all") })
  }
}
