import CRATELM
import Storage
import SystemPackage
import Testing

/// What `data pack` puts between documents, and what becomes of it in a model.
@Suite struct DocumentEndTests {
  private let folder: TemporaryFolder

  /// A tokenizer of ten ids, in which no name tells what ends a text.
  init() throws {
    folder = try TemporaryFolder()
    let fixture = FilePath(#filePath).removingLastComponent().removingLastComponent()
      .appending("Fixtures/bounds/bounds.json")
    let file = try #require(try JSONValue.parse(FileContents.read(fixture)).object)
    #expect(try #require(file["cases"]?.array).count == 7)
    let text = String(
      decoding: try #require(file["tokenizer"]).serialized(), as: UTF8.self)
    try FileSystem.createDirectory(folder.path.appending("tokenizer"))
    try folder.write(text.replacing("end_of_text", with: "over"), to: "tokenizer/tokenizer.json")
    let documents = (0..<200).map { _ in "{\"text\": \"abc\"}\n" }.joined()
    try folder.write(documents, to: "texts.jsonl")
    try folder.write("abc de", to: "text.txt")
  }

  private func pack(
    _ input: String, _ output: String, _ more: [String] = [], tokenizer: String = "tokenizer"
  ) -> [String] {
    [
      "data", "pack", folder(input), "--tokenizer", folder(tokenizer), "-o", folder(output),
      "--validation", "0",
    ] + more
  }

  private func ids(_ data: String) throws -> [Substring] {
    try Program.run(["data", "read", folder(data), "--range", "0:5"]).output
      .split { $0.isWhitespace }
  }

  private func succeed(
    _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Program.Result {
    let result = try Program.run(arguments)
    #expect(result.status == 0, "\(result.errors)", sourceLocation: sourceLocation)
    return result
  }

  /// Several documents need an end, and the sentence has a command that works.
  @Test func anUnknownEndIsAskedFor() throws {
    let refused = try Program.run(pack("texts.jsonl", "data"))
    #expect(refused.status == 64 && refused.output.isEmpty)
    let list =
      "which has <|eot_id|>, <|begin_of_text|>, <|over|>, <|fin|>; give one of them or none"
    #expect(refused.errors.contains(list), "\(refused.errors)")
    #expect(refused.errors.contains("--end-of-document '<|eot_id|>'"), "\(refused.errors)")
    #expect(try !FileSystem.names(in: folder.path).contains { $0.hasPrefix("data") })

    let packed = try succeed(
      pack("texts.jsonl", "data", ["--end-of-document", "<|eot_id|>", "--json"])
    ).json()
    #expect(packed["end_of_document"]?.integer == 8)
    #expect(packed["end_of_document_token"]?.string == "<|eot_id|>")
    #expect(try ids("data") == ["0", "1", "2", "8", "0"])
    let inspected = try succeed(["data", "inspect", folder("data")]).output
    #expect(inspected.contains("between documents: <|eot_id|>\n"), "\(inspected)")
  }

  @Test func aTokenThatIsNotThere() throws {
    try Program.expectFailure(
      64,
      [
        "</s> is no token of the tokenizer, whose special ones are <|eot_id|>, ",
        "--end-of-document '<|eot_id|>'",
      ],
      pack("texts.jsonl", "data", ["--end-of-document", "</s>"]))
  }

  /// A token that is a part of text may be chosen, by the configuration too; it spells nothing then.
  @Test func aTokenOfText() throws {
    let packed = try succeed(pack("texts.jsonl", "data", ["--end-of-document=e"]))
    #expect(packed.errors.contains("e is no special token"), "\(packed.errors)")
    #expect(try ids("data") == ["0", "1", "2", "4", "0"])
    let totals = try TokenData(directory: folder.path.appending("data")).manifest.train
    #expect(totals.spelledBytes == 600 && totals.bytes == 600)
    // An export names no role of it, which would make a special token of a part of text.
    _ = try succeed([
      "pretrain", "--data", folder("data"), "-o", folder("run"), "--steps", "2", "--batch", "2",
      "--depth", "1", "--width", "8", "--heads", "1", "--context", "8",
    ])
    _ = try succeed(["export", folder("run"), "--format", "huggingface", "-o", folder("exported")])
    func settings(_ name: String) throws -> JSONObject? {
      try JSONValue.parse(FileContents.read(folder.path.appending("exported/\(name)"))).object
    }
    #expect(try settings("tokenizer_config.json")?["eos_token"] == nil)
    #expect(try settings("generation_config.json")?["eos_token_id"]?.integer == 4)
    // A checkpoint and a run are tokenizers with the ends of their texts.
    for place in ["run", "run/checkpoints/step-00000002", "exported"] {
      _ = try succeed(pack("texts.jsonl", "from", ["--overwrite"], tokenizer: place))
      #expect(try ids("from") == ["0", "1", "2", "4", "0"])
    }
    try folder.write(#"{"eos_token": "d"}"#, to: "tokenizer/tokenizer_config.json")
    _ = try succeed(pack("texts.jsonl", "again"))
    #expect(try ids("again") == ["0", "1", "2", "3", "0"])
  }

  @Test func nothingIsAChoice() throws {
    let packed = try succeed(pack("texts.jsonl", "data", ["--end-of-document", "none", "--json"]))
    #expect(try packed.json()["end_of_document"]?.isNull == true)
    #expect(!packed.errors.contains("document"), "\(packed.errors)")
    #expect(try ids("data") == ["0", "1", "2", "0", "1"])
    // What was chosen once is known.
    let again = try succeed(pack("texts.jsonl", "again", tokenizer: "data"))
    #expect(again.errors.contains("No token stands between documents"), "\(again.errors)")
    #expect(try ids("again") == ["0", "1", "2", "0", "1"])
    let inspected = try succeed(["tokenizer", "inspect", "--tokenizer", folder("data")])
    #expect(inspected.output.contains("between documents: nothing\n"), "\(inspected.output)")
  }

  /// Documents that were packed alone, without an end, have none when they are joined; that is said.
  @Test func joinedDocumentsWithoutAnEnd() throws {
    try folder.write("cab", to: "other.txt")
    _ = try succeed(pack("text.txt", "one"))
    _ = try succeed(pack("other.txt", "two"))
    let merged = try succeed(["data", "merge", folder("one"), folder("two"), "-o", folder("all")])
    #expect(
      merged.errors.contains("Nothing stands between the 2 documents"), "\(merged.errors)")
  }

  /// Files of other programs that happen to have such names say nothing, and stop nothing.
  @Test(arguments: [
    ("config.json", #"{"time_step_limit": [0, Infinity]}"#), ("config.json", "[1, 2]"),
    ("manifest.json", #"{"name": "A web application"}"#), ("manifest.json", "[]"),
  ])
  func otherFilesOfTheNames(_ name: String, _ text: String) throws {
    try folder.write(text, to: "tokenizer/\(name)")
    _ = try succeed(pack("texts.jsonl", "data", ["--end-of-document", "<|fin|>"]))
    try Program.expectFailure(64, ["Nothing says"], pack("texts.jsonl", "again"))
    try folder.write(
      #"{"model_type": "gemma3", "text_config": {"eos_token_id": [9, 8]}}"#,
      to: "tokenizer/config.json")
    _ = try succeed(pack("texts.jsonl", "again"))
    #expect(try ids("again") == ["0", "1", "2", "9", "0"])
  }

  /// An end that the tokenizer lacks does not count, and that is said.
  @Test func anEndThatTheTokenizerLacks() throws {
    try folder.write(#"{"eos_token": "<|gone|>"}"#, to: "tokenizer/tokenizer_config.json")
    let refused = try Program.run(pack("texts.jsonl", "data"))
    #expect(refused.status == 64, "\(refused.errors)")
    #expect(refused.errors.contains("<|gone|> ends a text, but the tokenizer has no such token"))
  }

  /// A command with inputs behind -- has the option before them.
  @Test func theCommandToCopyWorks() throws {
    let words = ["--tokenizer", folder("tokenizer"), "-o", folder("data"), "--"]
    let refused = try Program.run(["data", "pack"] + words + [folder("texts.jsonl")])
    #expect(refused.errors.contains("crate-lm data pack --end-of-document '<|eot_id|>'"))
  }

  /// There is nothing to separate, but a model does not learn to end.
  @Test func aSingleDocument() throws {
    let packed = try succeed(pack("text.txt", "data"))
    #expect(packed.errors.contains("--end-of-document puts a token there"), "\(packed.errors)")
    let data = try TokenData(directory: folder.path.appending("data"))
    #expect(data.manifest.endOfDocument == nil && data.train.tokenCount == 6)
  }

  /// The files beside a tokenizer come before names, and a data directory keeps what was chosen.
  @Test(arguments: [
    (#"{"eos_token": "<|fin|>"}"#, "tokenizer_config.json"),
    (#"{"eos_token": {"content": "<|fin|>", "lstrip": false}}"#, "tokenizer_config.json"),
    (#"{"eos_token": "<|fin|>"}"#, "special_tokens_map.json"),
    (#"{"model_type": "llama", "eos_token_id": [9, 8]}"#, "config.json"),
    (#"{"eos_token_id": 9}"#, "config.json"),
  ])
  func theConfigurationSaysIt(_ text: String, _ name: String) throws {
    try folder.write(text, to: "tokenizer/\(name)")
    _ = try succeed(pack("texts.jsonl", "data"))
    #expect(try ids("data") == ["0", "1", "2", "9", "0"])
    let inspected = try succeed(["tokenizer", "inspect", "--tokenizer", folder("tokenizer")])
    #expect(inspected.output.contains("between documents: <|fin|>\n"), "\(inspected.output)")
    _ = try succeed(pack("texts.jsonl", "again", tokenizer: "data"))
    #expect(try ids("again") == ["0", "1", "2", "9", "0"])
    let converted = try succeed(
      ["tokenizer", "convert", folder("tokenizer"), "-o", folder("converted")])
    #expect(converted.errors.contains("--end-of-document '<|fin|>'"), "\(converted.errors)")
  }

  /// Directories with different ends are not one text.
  @Test func differentEndsDoNotGoTogether() throws {
    _ = try succeed(pack("texts.jsonl", "a", ["--end-of-document", "<|eot_id|>"]))
    _ = try succeed(pack("texts.jsonl", "b", ["--end-of-document", "none"]))
    for arguments in [
      ["data", "merge", folder("a"), folder("b"), "-o", folder("all")],
      ["pretrain", "--data", folder("a"), "--data", folder("b"), "-o", folder("run")],
    ] {
      try Program.expectFailure(
        65, ["with nothing", "with the id 8", "with one --end-of-document"], arguments)
    }
  }

  private func pretrain(_ data: String, _ run: String, _ more: [String] = []) -> [String] {
    ["pretrain", "--data", folder(data), "-o", folder(run), "--quiet"] + more
  }

  private static let shape = [
    "--depth", "1", "--width", "16", "--heads", "2", "--context", "8", "--batch", "8",
    "--learning-rate", "0.03", "--seed", "2", "--steps", "80",
  ]

  /// A model ends its texts with the end of its data, begins them after it, and goes on so.
  @Test func aModelHasTheEndOfItsData() throws {
    _ = try succeed(pack("texts.jsonl", "data", ["--end-of-document", "<|eot_id|>"]))
    _ = try succeed(pack("texts.jsonl", "other", ["--end-of-document", "<|fin|>"]))
    _ = try succeed(pretrain("data", "run", Self.shape))
    let bounds = try #require(try StoredModel(at: folder.path.appending("run")).textBounds)
    #expect(bounds == TextBounds(beginning: 8, ends: [8]))

    _ = try succeed(
      ["export", "--model", folder("run"), "--format", "huggingface", "-o", folder("out")])
    for model in ["run", "out"] {
      let text = try succeed(
        ["generate", folder(model), "-p", "a", "--temperature", "0", "--json"]
      ).json()
      let sample = try #require(text["samples"]?.array?.first?.object)
      #expect(sample["finish_reason"]?.string == "end_of_text")
      #expect(sample["ids"]?.array?.compactMap(\.integer) == [1, 2, 8])
      let result = try succeed(
        ["evaluate", "perplexity", folder(model), "--text", folder("text.txt"), "--json"]
      ).json()
      #expect(result["prefix_token"]?.string == "<|eot_id|>")
      // Text is packed again with what a model has.
      _ = try succeed(pack("texts.jsonl", "from-\(model)", tokenizer: model))
      #expect(try ids("from-\(model)") == ["0", "1", "2", "8", "0"])
    }

    let noted = try succeed(
      ["evaluate", "perplexity", folder("run"), "--data", folder("other"), "--split", "train"])
    #expect(
      noted.errors.contains("stands <|fin|>, between those that the model learnt from <|eot_id|>"))
    let tuned = try succeed(
      ["pretrain", "--data", folder("other"), "-o", folder("tuned"), "--from", folder("run")]
        + ["--steps", "2", "--batch", "4"])
    #expect(
      tuned.errors.contains(
        "has <|eot_id|>; the data have <|fin|>, which the new model learns"), "\(tuned.errors)")
    #expect(
      try StoredModel(at: folder.path.appending("tuned")).textBounds == TextBounds(between: 9))
    try Program.expectFailure(
      64, ["data"], pretrain("other", "run", ["--resume", "auto", "--steps", "90"]))
  }

  /// Without an end nothing is guessed by names, and what needs one says so.
  @Test func aModelWithoutAnEnd() throws {
    try folder.write(
      String(
        decoding: FileContents.read(folder.path.appending("tokenizer/tokenizer.json")),
        as: UTF8.self
      ).replacing("<|over|>", with: "</s>"), to: "tokenizer/tokenizer.json")
    _ = try succeed(pack("texts.jsonl", "data", ["--end-of-document", "none"]))
    _ = try succeed(pretrain("data", "run", Self.shape))
    _ = try succeed(
      ["export", "--model", folder("run"), "--format", "huggingface", "-o", folder("out")])
    try folder.write(
      #"{"sentence_good": "abc", "sentence_bad": "acb", "field": "f", "linguistics_term": "t", "#
        + #""UID": "u"}"#, to: "pairs.jsonl")
    for model in ["run", "out"] {
      #expect(
        try StoredModel(at: folder.path.appending(model)).textBounds == TextBounds(between: nil))
      try Program.expectFailure(
        64, ["No token stands between the texts of the model", "--end-of-document TOKEN"],
        ["evaluate", "blimp", folder(model), folder("pairs.jsonl")])
      try Program.expectFailure(
        64, ["The prompt is empty", "give a prompt"], ["generate", folder(model), "-p", ""])
      let text = try succeed(
        ["generate", folder(model), "-p", "a", "-n", "12", "--temperature", "0", "--json"]
      ).json()
      let sample = try #require(text["samples"]?.array?.first?.object)
      #expect(sample["finish_reason"]?.string == "length")
    }
  }
}
