import Glibc
import Storage
import Synchronization
import SystemPackage
import Testing

/// Every mistake gives one sentence, the exit code of its kind, and changes nothing.
@Suite struct BadInputTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder
  /// Held by whoever trains the shop's run, which one process at a time may.
  private static let training = Mutex(())

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func train(_ input: String, size: String = "300") -> [String] {
    ["tokenizer", "train", input, "--vocab-size", size, "-o", folder("new")]
  }

  private func pretrain(_ more: [String], data: String? = nil, run: String? = nil) -> [String] {
    [
      "pretrain", "--data", data ?? shop("data"), "-o", run ?? folder("new"), "--steps", "2",
      "--quiet",
    ] + more
  }

  private func generate(_ model: String, _ more: [String] = []) -> [String] {
    ["generate", "--model", model, "--prompt", "Mara", "--quiet"] + more
  }

  private func expectNothingWritten(sourceLocation: SourceLocation = #_sourceLocation) {
    for name in ["new", ".new.partial"] {
      #expect(
        FileSystem.kind(of: folder.path.appending(name)) == nil, sourceLocation: sourceLocation)
    }
  }

  @Test func texts() throws {
    try folder.write("", to: "empty.txt")
    try FileSystem.createDirectory(folder.path.appending("nothing"))
    try folder.write("no text", to: "nothing/picture.png")
    try FileContents.write([0x61, 0xFF, 0x62], to: folder.path.appending("latin.txt"))
    try folder.write("{\"text\": \"a\"}\n{\"txt\": 1}\n", to: "lines.jsonl")
    let tokenizer = ["--tokenizer", shop("tokenizer"), "-o", folder("new")]

    try Program.expectFailure(65, ["no text"], ["data", "pack", folder("empty.txt")] + tokenizer)
    try Program.expectFailure(
      66, ["missing.txt"], ["data", "pack", folder("missing.txt")] + tokenizer)
    try Program.expectFailure(66, ["nothing"], ["data", "pack", folder("nothing")] + tokenizer)
    try Program.expectFailure(
      65, ["latin.txt", "1"], ["data", "pack", folder("latin.txt")] + tokenizer)
    try Program.expectFailure(65, ["line 2"], ["data", "pack", folder("lines.jsonl")] + tokenizer)
    try Program.expectFailure(66, ["missing.txt"], train(folder("missing.txt")))
    try Program.expectFailure(65, ["latin.txt"], train(folder("latin.txt")))
    expectNothingWritten()
  }

  /// What is wrong may come when much is under way already.
  @Test func lateErrors() throws {
    let text = Array(
      String(repeating: "Mara found the boat and gave it to Nell.\n", count: 200_000).utf8)
    try FileContents.write(text + [0xFF], to: folder.path.appending("late.txt"))
    for threads in ["1", "2"] {
      try Program.expectFailure(
        65, ["late.txt", "\(text.count)"],
        [
          "data", "pack", folder("late.txt"), "--tokenizer", shop("tokenizer"), "-o",
          folder("new"), "--threads", threads,
        ])
      expectNothingWritten()
    }
  }

  @Test func emptyCorpusTrainsNoTokenizer() throws {
    try folder.write("", to: "empty.txt")
    try Program.expectFailure(65, ["no text"], train(folder("empty.txt")))
    expectNothingWritten()
  }

  @Test func vocabularySmallerThanTheAlphabet() throws {
    try Program.expectFailure(64, ["200", "257"], train(shop("text.txt"), size: "200"))
    expectNothingWritten()
  }

  @Test func shapes() throws {
    try Program.expectFailure(64, ["30", "4"], pretrain(["--width", "30", "--heads", "4"]))
    try Program.expectFailure(64, ["context"], pretrain(["--context", "100000"]))
    try Program.expectFailure(64, ["batch"], pretrain(["--batch", "6", "--microbatch", "4"]))
    expectNothingWritten()
  }

  @Test func existingOutputsAreKept() throws {
    let before = try FileContents.read(shop.path.appending("run/model.safetensors"))
    try Self.training.withLock { _ in
      try Program.expectFailure(73, ["--resume", "--overwrite"], pretrain([], run: shop("run")))
    }
    #expect(try FileContents.read(shop.path.appending("run/model.safetensors")) == before)
    try Program.expectFailure(
      73, ["not empty"],
      [
        "data", "pack", shop("text.txt"), "--tokenizer", shop("tokenizer"), "-o", shop("data"),
      ])
    try Program.expectFailure(
      73, ["not empty"],
      ["tokenizer", "train", shop("text.txt"), "--vocab-size", "300", "-o", shop("tokenizer")])
    // What is not a run is never replaced.
    try folder.write("precious", to: "notes.txt")
    for choice in [["--overwrite"], ["--resume", "auto"]] {
      try Program.expectFailure(73, ["not a run"], pretrain(choice, run: folder.path.string))
    }
    #expect(FileSystem.kind(of: folder.path.appending("notes.txt")) == .file)
  }

  @Test func linksToNothing() throws {
    #expect(unsafe symlink("nothing", folder("new")) == 0)
    try Program.expectFailure(73, ["link to nothing"], pretrain([]))
    try Program.expectFailure(73, ["link to nothing"], train(shop("text.txt")))
    try Program.expectFailure(
      73, ["link to nothing"],
      ["data", "pack", shop("text.txt"), "--tokenizer", shop("tokenizer"), "-o", folder("new")])
    #expect(FileSystem.kind(of: folder.path.appending("nothing")) == nil)
  }

  /// A run goes on as it was planned, on the data it began with.
  @Test func otherPlansAndData() throws {
    let resume = ["--resume", "auto", "--data"]
    let slower = ["pretrain", "-o", shop("run"), "--quiet", "--warmup", "9"] + resume
    try Self.training.withLock { _ in
      try Program.expectFailure(64, ["--warmup 3, not 9"], slower + [shop("data")])
    }
    #expect(
      try Program.run([
        "data", "pack", shop("text.txt"), "--tokenizer", shop("tokenizer"), "--seed", "2", "-o",
        folder("data"),
      ]).status == 0)
    try Self.training.withLock { _ in
      try Program.expectFailure(
        64, ["fingerprint"], ["pretrain", "-o", shop("run"), "--quiet"] + resume + [folder("data")])
    }
  }

  /// Numbers at the ends of their ranges are refused, not multiplied.
  @Test func hugeNumbers() throws {
    let huge = "9223372036854775807"
    for name in ["steps", "tokens", "batch", "microbatch", "context", "depth", "width", "heads"] {
      let result = try Program.run(pretrain(["--\(name)", huge, "--dry-run"]))
      #expect(result.status == 64, "\(name): \(result.errors)")
    }
    for arguments in [
      ["--steps", "1000000000", "--batch", "1048576", "--microbatch", "1", "--context", "1048576"],
      ["--batch", "1024", "--microbatch", "1024", "--context", "1048576"], ["--tokens", "0"],
      ["--epochs", "nan"],
      ["--epochs", "1e300"], ["--learning-rate", "nan"], ["--learning-rate", "0"],
      ["--eval-every", "0"], ["--keep", "0"], ["--steps", "-1"],
      ["--dropout", "1"], ["--dropout=-0.1"], ["--dropout", "nan"],
      ["--grad-clip=-1"], ["--weight-decay=-5"], ["--weight-decay", "nan"], ["--grad-clip", "inf"],
    ] {
      let result = try Program.run(pretrain(arguments + ["--dry-run"]))
      #expect(result.status == 64, "\(arguments): \(result.errors)")
    }
    expectNothingWritten()
  }

  /// A learning rate that no training survives ends it before anything unusable is saved.
  @Test func divergenceHasItsOwnStatus() throws {
    for steps in ["1", "20"] {
      let result = try Program.run([
        "pretrain", "--data", shop("data"), "-o", folder("wild\(steps)"), "--preset", "nano",
        "--steps", steps, "--learning-rate", "1e30", "--warmup", "0", "--quiet",
      ])
      #expect(result.status == 76, "\(result.errors)")
      #expect(result.errors.contains("diverged"))
      let saved = folder.path.appending("wild\(steps)/model.safetensors")
      #expect(FileSystem.kind(of: saved) == nil)
    }
  }

  /// A dry run changes nothing, not even a run that may be begun again.
  @Test func dryRunsChangeNothing() throws {
    try copy("run", files: ["config.json", "tokenizer.json"])
    let before = try FileSystem.names(in: folder.path.appending("run"))
    let bare = ["pretrain", "--data", shop("data"), "-o", folder("run"), "--resume", "auto"]
    let result = try Program.run(bare + ["--dry-run"])
    #expect(result.status == 0)
    #expect(try FileSystem.names(in: folder.path.appending("run")) == before)
  }

  @Test func prompts() throws {
    let long = Array(repeating: "Mara", count: 40).joined(separator: " ")
    try Program.expectFailure(
      64, ["32", "context", "40"],
      ["generate", "--model", shop("run"), "--prompt", long, "--strict-context"])
    try Program.expectFailure(64, ["--prompt-file"], generate(shop("run"), ["--interactive"]))
    try folder.write("{\"prompt\": \"Mara\"}\n{\"text\": 1}\n", to: "prompts.jsonl")
    let file = ["generate", "--model", shop("run"), "--prompt-file"]
    try Program.expectFailure(65, ["line 2", "prompt"], file + [folder("prompts.jsonl")])
    try Program.expectFailure(66, ["missing.txt"], file + [folder("missing.txt")])
    try folder.write("\n", to: "empty.jsonl")
    try Program.expectFailure(65, ["prompts", "none"], file + [folder("empty.jsonl")])
    try FileContents.write([0x61, 0xFF], to: folder.path.appending("latin.txt"))
    try Program.expectFailure(65, ["latin.txt", "1"], file + [folder("latin.txt")])
    for (options, words) in [
      (["--min-tokens", "9", "--max-tokens", "8"], ["--min-tokens", "8"]),
      (["--logprobs", "2"], ["--logprobs", "--json"]), (["--ban", ""], ["--ban"]),
      (["--weights", "int4"], ["int8"]),
    ] {
      try Program.expectFailure(64, words, generate(shop("run"), options))
    }
    try Program.expectFailure(64, ["empty"], ["score", "--model", shop("run"), "--text", ""])
    try Program.expectFailure(65, ["9999"], ["score", "--model", shop("run"), "--ids", "1 9999"])
    try Program.expectFailure(64, ["x"], ["score", "--model", shop("run"), "--ids", "1 x"])
  }

  @Test func anotherTokenizerThanTheData() throws {
    let other = ["tokenizer", "train", shop("text.txt"), "--vocab-size", "300"]
    #expect(try Program.run(other + ["-o", folder("tokenizer")]).status == 0)
    #expect(
      try Program.run([
        "data", "pack", shop("text.txt"), "--tokenizer", folder("tokenizer"), "-o", folder("data"),
      ]).status == 0)
    try Program.expectFailure(
      65, ["tokenizer"],
      ["evaluate", "perplexity", "--model", shop("run"), "--data", folder("data")])
    try Self.training.withLock { _ in
      try Program.expectFailure(
        65, ["tokenizer"], pretrain(["--resume", "auto"], data: folder("data"), run: shop("run")))
    }
  }

  @Test func damagedFiles() throws {
    try copy("run", files: ["config.json", "tokenizer.json", "model.safetensors"])
    let weights = folder.path.appending("run/model.safetensors")
    let whole = try FileContents.read(weights)
    try FileContents.write(Array(whole.dropLast(5)), to: weights)
    try Program.expectFailure(65, ["model.safetensors"], generate(folder("run")))
    try FileContents.write(Array(whole.prefix(5)), to: weights)
    try Program.expectFailure(65, ["model.safetensors"], generate(folder("run")))
    try FileSystem.remove(weights)
    try Program.expectFailure(65, ["no weights"], generate(folder("run")))
    try Program.expectFailure(66, ["absent"], generate(folder("absent")))
    try Program.expectFailure(65, ["not a run"], generate(shop("data")))

    let names = try FileSystem.names(in: shop.path.appending("data"))
    try copy("data", files: names)
    let shard = folder.path.appending("data/train-00000.shard")
    try FileContents.write(Array(try FileContents.read(shard).dropLast(9)), to: shard)
    try Program.expectFailure(65, ["train-00000.shard"], ["data", "verify", folder("data")])
    try Program.expectFailure(65, ["train-00000.shard"], pretrain([], data: folder("data")))
    expectNothingWritten()
  }

  private func copy(_ directory: String, files: [String]) throws {
    let target = folder.path.appending(directory)
    try FileSystem.createDirectory(target)
    for file in files {
      try FileContents.write(
        FileContents.read(shop.path.appending(directory).appending(file)),
        to: target.appending(file))
    }
  }
}
