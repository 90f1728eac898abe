import Glibc
import Storage
import SystemPackage
import Testing

/// Training on several texts, as a user asks for it.
@Suite struct MixtureTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
    try folder.write(Workshop.text + Workshop.text.uppercased(), to: "loud.txt")
    let packed = try Program.run([
      "data", "pack", folder("loud.txt"), "--tokenizer", shop("tokenizer"), "-o", folder("loud"),
    ])
    #expect(packed.status == 0, "\(packed.errors)")
  }

  private func pretrain(_ run: String, _ data: [String], _ more: [String] = []) -> [String] {
    ["pretrain", "-o", folder(run), "--depth", "1", "--width", "16", "--heads", "2", "--context"]
      + ["16", "--batch", "4", "--seed", "1"] + data.flatMap { ["--data", $0] } + more
  }

  private var both: [String] { ["\(shop("data")):3", folder("loud")] }

  /// What is read how often is said before training, each text's loss after it.
  @Test func eachTextIsReported() throws {
    let dry = try Program.run(pretrain("dry", both, ["--epochs", "2", "--dry-run", "--json"]))
      .json()
    let texts = (dry["data"]?.array ?? []).compactMap(\.object)
    #expect(texts.map { $0["share"]?.double } == [0.75, 0.25])
    let counts = try [shop("data"), folder("loud")].map {
      try #require(
        Program.run(["data", "inspect", $0, "--json"]).json()["train"]?.object?["tokens"]?.double)
    }
    let tokens = try #require(dry["tokens"]?.double)
    #expect(tokens >= 2 * counts.reduce(0, +) && tokens < 2 * counts.reduce(0, +) + 64)
    for (text, (share, count)) in zip(texts, zip([0.75, 0.25], counts)) {
      #expect(abs((text["epochs"]?.double ?? 0) - share * tokens / count) < 1e-9)
    }

    let steps = ["--steps", "20", "--eval-every", "10", "--json"]
    let result = try Program.run(pretrain("run", both, steps))
    let said = result.errors
    #expect(said.contains("\(shop("data")): "), "\(said)")
    #expect(said.contains("; 75.0 % of the sequences, "), "\(said)")
    #expect(said.contains("times over the texts together"), "\(said)")
    #expect(said.contains(" validation | \(shop("data")) "), "\(said)")
    let summary = try result.json()
    let parts = (summary["validation"]?.array ?? []).compactMap(\.object)
    #expect(parts.map { $0["data"]?.string } == [shop("data"), folder("loud")])
    let lines = try FileContents.read(FilePath(folder("run/metrics.jsonl")))
      .split(separator: UInt8(ascii: "\n")).map { try JSONValue.parse(Array($0)).object }
    #expect(lines[9]?["validation"]?.array?.count == 2 && lines[8]?["validation"] == nil)
    #expect(lines[19]?["validation"] == summary["validation"])
    #expect(lines[19]?["validation_loss"]?.double == summary["validation_loss"]?.double)
  }

  /// The run knows its texts; others, or other weights, are refused.
  @Test func goingOnNeedsNoData() throws {
    let steps = ["--steps", "600", "--save-every", "200"]
    #expect(try Program.run(pretrain("whole", both, steps)).status == 0)
    let stopped = try Program.run(
      pretrain("parts", both, steps),
      interruption: (SIGTERM, folder.path.appending("parts/metrics.jsonl")))
    #expect([0, 75].contains(stopped.status), "\(stopped.errors)")
    for arguments in [
      ["--resume", "auto"], both.flatMap { ["--data", $0] } + ["--resume", "auto"],
    ] {
      let again = try Program.run(["pretrain", "-o", folder("parts")] + arguments)
      #expect(again.status == 0, "\(again.errors)")
    }
    #expect(
      try FileContents.read(FilePath(folder("parts/model.safetensors")))
        == FileContents.read(FilePath(folder("whole/model.safetensors"))))
    for data in [[shop("data")], [shop("data"), folder("loud")], both.reversed()] {
      let options = data.flatMap { ["--data", $0] }
      try Program.expectFailure(
        64, ["began with --data \(shop("data")):3 --data \(folder("loud")):1", "not --data"],
        ["pretrain", "-o", folder("parts"), "--resume", "auto"] + options)
    }
    // The configuration of a run repeats it, its data included.
    let config = ["--config", folder("whole/config.json"), "-o", folder("again"), "-q"]
    #expect(try Program.run(["pretrain"] + config).status == 0)
    #expect(
      try FileContents.read(FilePath(folder("again/model.safetensors")))
        == FileContents.read(FilePath(folder("whole/model.safetensors"))))
  }

  @Test func dataThatMoved() throws {
    try FileSystem.rename(FilePath(folder("loud")), to: FilePath(folder("here")))
    #expect(try Program.run(pretrain("run", [folder("here")], ["--steps", "4"])).status == 0)
    try FileSystem.rename(FilePath(folder("here")), to: FilePath(folder("there")))
    let resume = ["pretrain", "-o", folder("run"), "--resume", "auto"]
    try Program.expectFailure(
      66, ["The run learns from \(folder("here"))", "--data", "does not exist"], resume)
    #expect(try Program.run(resume + ["--data", folder("there")]).status == 0)
  }

  @Test func textsThatDoNotGoTogether() throws {
    for (data, status, words) in [
      (["\(shop("data")):0"], 64, ["weight of \(shop("data"))", "above 0, found 0."]),
      (["\(shop("data")):-2", folder("loud")], 64, ["above 0, found -2"]),
      (["\(shop("data")):nan"], 64, ["found nan"]),
      (["\(shop("data")):inf"], 64, ["found inf"]),
      (["\(shop("data")):much"], 64, ["\(shop("data")):much is no number", ":2."]),
      (["\(folder("none")):2"], 66, ["\(folder("none")) does not exist"]),
      ([shop("data"), "\(shop("data")):2"], 64, ["the same data"]),
      ([shop("data"), "\(shop("run"))/../data"], 64, ["the same data"]),
      ([], 64, ["--data is missing"]),
    ] as [([String], Int32, [String])] {
      try Program.expectFailure(status, words, pretrain("bad", data, ["--steps", "2"]))
    }
    #expect(FileSystem.kind(of: FilePath(folder("bad"))) == nil)
    let other = ["tokenizer", "train", folder("loud.txt"), "--vocab-size", "300", "-o"]
    #expect(try Program.run(other + [folder("tok")]).status == 0)
    let packed = try Program.run([
      "data", "pack", shop("text.txt"), "--tokenizer", folder("tok"), "-o", folder("foreign"),
    ])
    #expect(packed.status == 0)
    try Program.expectFailure(
      65, ["\(folder("foreign")) was packed with another tokenizer than \(shop("data"))"],
      pretrain("bad", [shop("data"), folder("foreign")]))
  }

  /// A directory whose name looks like one with a weight is itself, and one text is no mixture.
  @Test func namesMayHaveColons() throws {
    try FileSystem.rename(FilePath(folder("loud")), to: FilePath(folder("loud:2")))
    #expect(try Program.run(pretrain("a", [folder("loud:2")], ["--steps", "3"])).status == 0)
    #expect(try Program.run(pretrain("b", [folder("loud:2:0.5")], ["--steps", "3"])).status == 0)
    for file in ["model.safetensors", "config.json"] {
      #expect(
        try FileContents.read(FilePath(folder("a/\(file)")))
          == FileContents.read(FilePath(folder("b/\(file)"))))
    }
  }

  /// A file of options may list the texts; the command line's come in their place.
  @Test func filesListTexts() throws {
    try folder.write(
      "{\"data\": [\"\(shop("data")):3\", \"\(folder("loud"))\"], \"steps\": 2}", to: "options.json"
    )
    let options = ["--config", folder("options.json"), "--dry-run", "--json"]
    let listed = try Program.run(pretrain("dry", [], options)).json()
    #expect(listed["data"]?.array?.count == 2 && listed["steps"]?.integer == 2)
    let one = try Program.run(pretrain("dry", [shop("data")], options)).json()
    #expect(one["data"] == nil)
  }
}
