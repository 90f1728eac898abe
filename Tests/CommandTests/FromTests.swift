import Glibc
import Storage
import SystemPackage
import Testing

/// `pretrain --from`, as a user meets it.
@Suite struct FromTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try MaskedWorkshop.folder()
    folder = try TemporaryFolder()
  }

  private func begin(
    _ run: String, from model: String, _ more: [String] = [], data: String = "data"
  ) -> [String] {
    ["pretrain", "--data", shop(data), "-o", folder(run), "--from", model, "--seed", "5"]
      + ["--steps", "6", "--batch", "4"] + more
  }

  private func succeed(
    _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let result = try Program.run(arguments)
    #expect(result.status == 0, "\(result.errors)", sourceLocation: sourceLocation)
    return result.errors
  }

  private func weights(_ run: String) throws -> [UInt8] {
    try FileContents.read(folder.path.appending("\(run)/model.safetensors"))
  }

  /// A run, its checkpoint, and what is exported and imported are the same beginning.
  @Test func anyModelIsABeginning() throws {
    for format in ["huggingface", "safetensors"] {
      _ = try succeed(["export", "--model", shop("run"), "--format", format, "-o", folder(format)])
    }
    _ = try succeed(["import", folder("huggingface"), "-o", folder("imported")])
    let sources = [
      shop("run"), shop("run/checkpoints/step-00000060"), folder("huggingface"),
      folder("safetensors"), folder("imported"),
    ]
    for (index, source) in sources.enumerated() {
      let header = try succeed(begin("run\(index)", from: source))
      #expect(header.contains("begins with the weights of \(source) ("), "\(header)")
      #expect(!header.contains("crosses"))
      #expect(try weights("run\(index)") == weights("run0"))
      let file = try FileContents.read(FilePath(source).appending("model.safetensors"))
      let facts = try Program.run(["checkpoint", "inspect", folder("run\(index)"), "--json"])
        .json()
      let origin = try #require(facts["from"]?.object)
      #expect(origin["path"]?.string == source)
      #expect(origin["fingerprint"]?.string == Fingerprint(of: file).description)
    }
    // What was learnt is there from the first step on: without it, the loss is ln 400 = 6.0.
    let first = try FileContents.read(folder.path.appending("run0/metrics.jsonl"))
      .split(separator: UInt8(ascii: "\n"))[0]
    #expect(try #require(try JSONValue.parse(Array(first)).object?["loss"]?.double) < 3)
  }

  @Test func impossibleBeginnings() throws {
    for (options, words) in [
      (["--depth", "3"], ["\(shop("run")) has depth 2, not 3", "leave out what differs"]),
      (["--width", "64"], ["width 32, not 64"]), (["--heads", "4"], ["heads 2, not 4"]),
      (["--preset", "nano"], ["depth 2, not 4", "width 32, not 128", "heads 2, not 4"]),
      (["--architecture", "transformer"], ["architecture crate, not transformer"]),
      (["--context", "64"], ["32 positions", "context of 64", "at most 32"]),
    ] {
      try Program.expectFailure(64, words, begin("new", from: shop("run"), options))
    }
    try Program.expectFailure(
      65, ["\(shop("masked-data")) was packed with", "--tokenizer \(shop("run"))"],
      begin("new", from: shop("run"), data: "masked-data"))
    try Program.expectFailure(66, ["absent"], begin("new", from: folder("absent")))
    try Program.expectFailure(65, ["no config.json"], begin("new", from: folder.path.string))
    #expect(try FileSystem.names(in: folder.path).isEmpty)
    // A run does not replace what it begins with.
    let before = try FileContents.read(shop.path.appending("run/model.safetensors"))
    for source in ["run", "run/checkpoints/step-00000060"] {
      try Program.expectFailure(
        64, ["would replace", "such as \(shop("run-2"))"],
        ["pretrain", "--data", shop("data"), "-o", shop("run"), "--overwrite"]
          + ["--from", shop(source)])
    }
    #expect(try FileContents.read(shop.path.appending("run/model.safetensors")) == before)
  }

  @Test func objectivesCross() throws {
    let there = try succeed(
      begin("causal", from: shop("masked-run"), ["--objective", "causal"], data: "masked-data"))
    #expect(there.contains("the body crosses from masked to causal"), "\(there)")
    #expect(there.contains("left out: token_type_embedding, embedding_norm, the head"))
    let back = try succeed(
      begin(
        "masked", from: folder("causal"), ["--objective", "masked", "--context", "8"],
        data: "masked-data"))
    #expect(back.contains("8 of its 12 positions"), "\(back)")
    #expect(back.contains("crosses from causal to masked; new: token_type_embedding"))
    #expect(back.split(separator: "\n").count { $0.contains("crosses") } == 1)
  }

  /// Models of other programs train, with the ids beyond those of the tokenizer.
  @Test(arguments: [
    "gpt2", "bert", "crate-bert", "crate.pt", "crate-overcomplete.pt", "nanogpt.pt",
  ])
  func importedModelsTrain(name: String) throws {
    let fixture = FilePath(#filePath).removingLastComponent().removingLastComponent()
      .appending("Fixtures/interop").appending(name).string
    try folder.write("[UNK]\n[CLS]\n[SEP]\n[PAD]\n[MASK]\na\nb\nc\n", to: "vocab.txt")
    try folder.write(String(repeating: "a b c c b a b ", count: 200), to: "text.txt")
    let activation = name == "nanogpt.pt" ? ["--activation", "relu"] : []
    for arguments in [
      ["import", fixture, "-o", folder("imported"), "--tokenizer", folder("vocab.txt")]
        + activation,
      ["data", "pack", folder("text.txt"), "--tokenizer", folder("imported"), "-o", folder("abc")],
    ] { _ = try succeed(arguments) }
    let train = [
      "pretrain", "--data", folder("abc"), "--from", folder("imported"), "-o", folder("run"),
      "--batch", "8", "--steps", "60", "--seed", "1", "--json",
    ]
    let report = try Program.run(train).json()
    // A guess among the eight ids of the tokenizer has 2.08.
    #expect(try #require(report["validation_loss"]?.double) < 1.5, "\(name)")
    let facts = try Program.run(["checkpoint", "inspect", folder("run"), "--json"]).json()
    #expect(facts["vocabulary"]?.integer == 11)
    let resumed = try Program.run(
      ["pretrain", "-o", folder("run"), "--resume", "auto", "--steps", "70", "--json"]
    ).json()
    #expect(resumed["steps"]?.integer == 70)
  }

  /// Dictionaries beyond the bound stay as they are, unless the user wants the bound.
  @Test func importedDictionariesStay() throws {
    _ = try succeed([
      "export", "--model", shop("run"), "--format", "safetensors", "-o", folder("exported"),
    ])
    func bound(_ run: String) throws -> JSONValue? {
      let record = try FileContents.read(folder.path.appending("\(run)/config.json"))
      return try JSONValue.parse(record).object?["training"]?.object?["bounds_dictionaries"]
    }
    for (run, options, isNoted, isBound) in [
      ("within", [], false, true), ("beyond", ["--step-size", "0.9"], true, false),
      ("scaled", ["--step-size", "0.9", "--dictionary-bound"], false, true),
    ] {
      let notes = try succeed(begin(run, from: folder("exported"), options))
      #expect(notes.contains("beyond the bound of 1.9") == isNoted, "\(run): \(notes)")
      #expect(try bound(run) == .bool(isBound), "\(run)")
    }
  }

  /// A run goes on bit for bit and needs its model no more once there is a checkpoint.
  @Test func resumption() throws {
    _ = try succeed([
      "export", "--model", shop("run"), "--format", "safetensors", "-o", folder("model"),
    ])
    let long = ["--steps", "60", "--save-every", "20"]
    func train(_ run: String, _ more: [String]) -> [String] {
      ["pretrain", "--data", shop("data"), "-o", folder(run), "--seed", "5"] + long + more
    }
    let from = ["--from", folder("model")]
    _ = try succeed(train("whole", from))
    for choice in [from, ["--from", shop("run")]] {
      try Program.expectFailure(
        64, ["did not begin with the weights of"],
        ["pretrain", "-o", shop("run"), "--resume", "auto"] + choice)
    }
    let killed = try Program.run(
      train("parts", from),
      interruption: (SIGTERM, folder.path.appending("parts/metrics.jsonl")))
    #expect([0, 75].contains(killed.status), "\(killed.errors)")
    // The same command goes on; so does the shortest.
    _ = try succeed(train("parts", from + ["--resume", "auto", "--max-time", "1h"]))
    try FileSystem.remove(FilePath(folder("model")))
    _ = try succeed(["pretrain", "-o", folder("parts"), "--resume", "auto"])
    #expect(try weights("parts") == weights("whole"))
  }

  /// Nothing saved yet: the weights must be those of the beginning, wherever they lie.
  @Test func beginningAnew() throws {
    _ = try succeed([
      "export", "--model", shop("run"), "--format", "safetensors", "-o", folder("model"),
    ])
    let endless = begin("run", from: folder("model")).filter { $0 != "6" && $0 != "--steps" }
    let killed = try Program.run(
      endless + ["--steps", "100000", "--save-every", "never", "--eval-every", "100000"],
      interruption: (SIGKILL, folder.path.appending("run/metrics.jsonl")))
    #expect(killed.status == 128 + SIGKILL)
    let resume = ["pretrain", "-o", folder("run"), "--resume", "auto", "--max-time", "1s"]
    let record = try FileContents.read(folder.path.appending("run/config.json"))
    try FileSystem.rename(FilePath(folder("model")), to: FilePath(folder("moved")))
    try Program.expectFailure(66, ["begins with the weights of", "--from", "not exist"], resume)
    _ = try succeed([
      "export", "--model", folder("moved"), "--format", "huggingface", "-o", folder("model"),
    ])
    try Program.expectFailure(64, ["have the fingerprint", "began with"], resume)
    #expect(try FileContents.read(folder.path.appending("run/config.json")) == record)
    let anew = try Program.run(resume + ["--from", folder("moved")])
    #expect(anew.status == 75 && anew.errors.contains("begins anew"), "\(anew.errors)")
    #expect(try FileContents.read(folder.path.appending("run/config.json")) == record)
  }

  /// `--config` repeats the beginning, too.
  @Test func configurationsRepeat() throws {
    _ = try succeed(begin("one", from: shop("run"), ["--context", "16"]))
    _ = try succeed(["pretrain", "--config", folder("one/config.json"), "-o", folder("two")])
    #expect(try weights("two") == weights("one"))
    // The command line wins.
    let other = try succeed([
      "pretrain", "--config", folder("one/config.json"), "-o", folder("three"), "--from",
      folder("one"),
    ])
    #expect(other.contains("weights of \(folder("one"))"), "\(other)")
    #expect(try weights("three") != weights("one"))
  }

  /// What a run refuses, the command in the error does.
  @Test(arguments: [
    (["--schedule", "cosine"], ["--steps", "100"], "--steps 40", 40),
    (["--schedule", "cosine"], ["--learning-rate", "0.001"], "--learning-rate 0.001", 60),
    ([], ["--steps", "30"], "--steps 30", 30),
    ([], ["--steps", "10"], "--steps 10 --decay 10", 10),
    (
      [], ["--optimizer", "adamw", "--sample-every", "never"],
      "--optimizer adamw --learning-rate 0.003", 60
    ),
    ([], ["--steps", "100", "--save-at", "50,90"], "--steps 40 --save-at 30", 40),
    (["--schedule", "cosine"], ["--schedule", "constant"], "--schedule constant", 60),
    (
      [], ["--schedule", "constant", "--learning-rate", "0.001"],
      "--learning-rate 0.001 --schedule constant", 60
    ),
    (
      ["--schedule", "cosine"], ["--schedule", "wsd", "--steps", "90"],
      "--steps 30 --schedule wsd --decay 30", 30
    ),
    ([], [], "exists and is not empty", 60),
  ])
  func errorsNameTheCommand(
    schedule: [String], refused: [String], options: String, steps: Int
  ) throws {
    _ = try succeed(
      begin("run", from: shop("run"), schedule).map { $0 == "6" ? "60" : $0 })
    let result = try Program.run(
      ["pretrain", "--data", shop("data"), "-o", folder("run")]
        + (refused.isEmpty ? [] : ["--resume", "auto"]) + refused)
    #expect(result.status == (refused.isEmpty ? 73 : 64))
    #expect(result.errors.contains(options), "\(result.errors)")
    let command = try #require(result.errors.split(separator: "crate-lm ").last)
    let words = command.split(separator: "\n")[0].dropLast().split(separator: " ")
      .map(String.init)
    #expect(words.prefix(1) == ["pretrain"] && words.contains("--from"), "\(result.errors)")
    let report = try Program.run(words + ["--json"]).json()
    #expect(report["steps"]?.integer == Int64(steps))
    #expect(report["run"]?.string == folder("run-2"))
  }

  /// A finished run says how to train on.
  @Test func finishedRunsSayHowToTrainOn() throws {
    let notes = try succeed(["pretrain", "-o", shop("run"), "--resume", "auto"])
    #expect(
      notes.contains("To train on: crate-lm pretrain -o \(shop("run")) --resume auto --steps 120"))
    _ = try succeed(begin("cosine", from: shop("run"), ["--schedule", "cosine"]))
    let others = try succeed(["pretrain", "-o", folder("cosine"), "--resume", "auto"])
    #expect(
      others.contains(
        "--config \(folder("cosine/config.json")) --from \(folder("cosine")) -o "
          + folder("cosine-2")), "\(others)")
  }
}
