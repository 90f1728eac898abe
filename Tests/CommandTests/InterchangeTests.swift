import Storage
import SystemPackage
import Testing

/// Export and import on the command line.
@Suite struct InterchangeTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func fixture(_ name: String) -> String {
    FilePath(#filePath).removingLastComponent().removingLastComponent()
      .appending("Fixtures/interop").appending(name).string
  }

  private func export(_ format: String, _ output: String) -> [String] {
    ["export", "--model", shop("run"), "--format", format, "-o", output]
  }

  private func bring(_ checkpoint: String, _ more: [String] = []) -> [String] {
    ["import", checkpoint, "-o", folder("new"), "--quiet"] + more
  }

  private func expectNothingWritten(sourceLocation: SourceLocation = #_sourceLocation) throws {
    let names = try FileSystem.names(in: folder.path)
    #expect(
      !names.contains { $0.contains("new") }, "\(names)", sourceLocation: sourceLocation)
  }

  private func scores(_ model: String) throws -> String {
    let result = try Program.run(["score", "--model", model, "--text", "Mara found the bell."])
    #expect(result.status == 0, "\(result.errors)")
    return result.output
  }

  /// What is exported scores like the run, and comes back with the same bytes.
  @Test(arguments: ["huggingface", "safetensors"])
  func roundTrip(format: String) throws {
    let report = try Program.run(export(format, folder("out")) + ["--json"]).json()
    #expect(report["format"]?.string == format)
    #expect(try scores(folder("out")) == scores(shop("run")))
    let imported = try Program.run(bring(folder("out")) + ["--json"]).json()
    #expect(imported["architecture"]?.string == "crate")
    #expect(imported["left_out"]?.array?.isEmpty == true)
    #expect(
      try FileSystem.names(in: folder.path.appending("new")) == [
        "config.json", "model.safetensors", "tokenizer.json",
      ])
    for file in ["model.safetensors", "tokenizer.json"] {
      #expect(
        try FileContents.read(folder.path.appending("new/\(file)"))
          == FileContents.read(shop.path.appending("run/\(file)")))
    }
    #expect(try scores(folder("new")) == scores(shop("run")))
  }

  @Test func exportedDirectories() throws {
    #expect(try Program.run(export("huggingface", folder("out"))).status == 0)
    #expect(
      try FileSystem.names(in: folder.path.appending("out")) == [
        "README.md", "config.json", "configuration_crate.py", "generation_config.json",
        "model.safetensors", "modeling_crate.py", "tokenizer.json", "tokenizer_config.json",
      ])
    let card = try String(
      decoding: FileContents.read(folder.path.appending("out/README.md")), as: UTF8.self)
    for words in ["pipeline_tag: text-generation", "AutoModelForCausalLM", "| trained | 60 steps"] {
      #expect(card.contains(words), "\(card)")
    }
    #expect(!card.contains(shop.path.string), "\(card)")
    let bytes = try FileContents.read(folder.path.appending("out/tokenizer_config.json"))
    let settings = try #require(try JSONValue.parse(bytes).object)
    #expect(settings["eos_token"]?.string == "<|endoftext|>")
    #expect(settings["model_max_length"]?.integer == 32)
    try Program.expectFailure(73, ["not empty"], export("huggingface", folder("out")))
    try Program.expectFailure(73, ["not empty"], export("safetensors", shop("run")))
    try Program.expectFailure(
      66, ["absent"], ["export", "--model", folder("absent"), "--format", "safetensors", "-o", "x"])
  }

  /// A vocabulary padded behind the tokenizer's is kept or cut.
  @Test func paddedVocabularies() throws {
    try folder.write("a b c a b c", to: "text.txt")
    try folder.write("[UNK]\n[CLS]\n[SEP]\n[PAD]\n[MASK]\na\nb\nc\n", to: "vocab.txt")
    let tokenizer = ["--tokenizer", folder("vocab.txt")]
    let kept = try Program.run(bring(fixture("bert"), tokenizer) + ["--json"]).json()
    #expect(kept["vocabulary"]?.integer == 11)
    #expect(kept["padding_ids"]?.integer == 3)
    #expect(kept["left_out"]?.array?.count == 4)
    let masks = try Program.run([
      "fill-mask", "--model", folder("new"), "a [MASK] c", "--top", "20", "--json",
    ]).json()
    #expect(masks["masks"]?.array?[0].array?.count == 8)
    try FileSystem.remove(folder.path.appending("new"))
    let cut = try Program.run(
      bring(fixture("bert"), tokenizer + ["--vocabulary", "cut"]) + ["--json"]
    ).json()
    #expect(cut["vocabulary"]?.integer == 8)
  }

  @Test func mistakes() throws {
    let tokenizer = ["--tokenizer", shop("tokenizer")]
    try Program.expectFailure(66, ["absent.pt"], bring(folder("absent.pt"), tokenizer))
    try Program.expectFailure(64, ["--tokenizer"], bring(fixture("crate.pt")))
    try Program.expectFailure(65, ["11 ids", "--tokenizer"], bring(fixture("crate.pt"), tokenizer))
    try Program.expectFailure(64, ["--activation"], bring(fixture("nanogpt.pt"), tokenizer))
    try Program.expectFailure(
      65, ["none of", "model.safetensors"], bring(folder.path.string, tokenizer))
    try Program.expectFailure(
      73, ["not empty"],
      ["import", fixture("gpt2"), "-o", shop("run")]
        + ["--tokenizer", try smallTokenizer()])
    try Program.expectFailure(
      65, ["gpt2", "crate-lm import"],
      ["score", "--model", fixture("gpt2"), "--text", "a"])
    try expectNothingWritten()
  }

  private func smallTokenizer() throws -> String {
    try folder.write("[UNK]\na\n", to: "small.txt")
    return folder("small.txt")
  }

  /// Files that are not checkpoints, or not sound ones.
  @Test func foreignFiles() throws {
    let tokenizer = ["--tokenizer", try smallTokenizer()]
    try folder.write("just a text\n", to: "text.pt")
    try folder.write("", to: "empty.pt")
    try FileContents.write(
      [0x80, 2, 0x8A, 0x0A], to: folder.path.appending("old.pt"))
    let whole = try FileContents.read(FilePath(fixture("crate.pt")))
    try FileContents.write(Array(whole.dropLast(100)), to: folder.path.appending("cut.pt"))
    var changed = whole
    changed[whole.count / 2] ^= 0xFF
    try FileContents.write(changed, to: folder.path.appending("changed.pt"))
    for (file, words) in [
      ("text.pt", ["neither"]), ("empty.pt", ["neither"]),
      ("old.pt", ["a pickle that torch.save did not write"]),
      ("cut.pt", ["damaged"]), ("changed.pt", ["damaged"]),
    ] {
      try Program.expectFailure(65, [file] + words, bring(folder(file), tokenizer))
    }
    try expectNothingWritten()
  }

  /// A name in a file does not reach the terminal as it is.
  @Test func namesThatSteerTerminals() throws {
    let name = "\u{1B}[31m\u{202E}\nError: fake"
    let json = JSONValue.object(
      JSONObject([
        (
          name,
          .object(
            JSONObject([
              ("dtype", .string("F32")), ("shape", .array([.integer(0)])),
              ("data_offsets", .array([.integer(0), .integer(0)])),
            ]))
        )
      ])
    ).serialized()
    try FileContents.write(
      [UInt8(json.count), 0, 0, 0, 0, 0, 0, 0] + json,
      to: folder.path.appending("names.safetensors"))
    try Program.expectFailure(
      65, ["\\u{1B}[31m\\u{202E}\\nError"],
      bring(folder("names.safetensors"), ["--tokenizer", shop("tokenizer")]))
    try expectNothingWritten()
  }

  /// A settings file of another model than the tensors beside it.
  @Test func settingsOfAnotherModel() throws {
    for file in ["gpt2/model.safetensors", "bert/config.json"] {
      let path = FilePath(fixture(file))
      try FileContents.write(
        FileContents.read(path),
        to: folder.path.appending(path.lastComponent?.string ?? ""))
    }
    try Program.expectFailure(
      65, ["config.json", "n_embd"], bring(folder.path.string, ["--tokenizer", shop("tokenizer")]))
    try expectNothingWritten()
  }
}
