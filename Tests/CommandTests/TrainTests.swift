import CRATELM
import Glibc
import Storage
import SystemPackage
import Testing

/// `train`: from a text to a model in one command.
@Suite struct TrainTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(String(repeating: Workshop.text, count: 10), to: "book.txt")
  }

  private func train(_ more: [String], text: String = "book.txt") -> [String] {
    ["train", folder(text), "-o", folder("book")] + more
  }

  private func commands(in result: Program.Result) throws -> [String] {
    try #require(result.json()["commands"]?.array).compactMap(\.string)
  }

  /// Another text is refused with the sizes of both.
  @Test func otherTextsAreRefused() throws {
    #expect(try Program.run(train(["--time", "5s", "--seed", "1", "--quiet"])).status == 0)
    try folder.write("Mara found it.", to: "other.txt")
    try Program.expectFailure(
      64, ["(\(10 * Workshop.text.utf8.count) bytes)", "other.txt (14 bytes)"],
      train([], text: "other.txt"))
    try folder.write(String(repeating: Workshop.text, count: 11), to: "other.txt")
    try Program.expectFailure(
      64, ["other.txt (at least \(10 * Workshop.text.utf8.count + 1) bytes)"],
      train([], text: "other.txt"))
  }

  /// The directory is a model; the same line does nothing more, a larger time goes on.
  @Test func textsBecomeModels() throws {
    let first = try Program.run(train(["--time", "5s", "--seed", "1", "--json"]))
    let all = try commands(in: first)
    #expect(
      all.map { $0.split(separator: " ")[1] } == ["tokenizer", "data", "pretrain", "pretrain"])
    for command in all { #expect(first.errors.contains("$ \(command)\n"), "\(first.errors)") }
    #expect(all[3].contains("--resume auto"))
    let steps = try #require(first.json()["steps"]?.integer)

    let again = try Program.run(train(["--time", "5s", "--seed", "1"]))
    #expect(again.status == 0 && again.output.isEmpty, "\(again.errors)")
    #expect(again.errors.contains("is finished (\(steps) steps)"), "\(again.errors)")

    // Its numbers are asked for, and nothing is recorded for that.
    let record = try FileContents.read(FilePath(folder("book/train.json")))
    let told = try Program.run(["train", "-o", folder("book"), "--json", "--quiet"])
    #expect(try told.json()["steps"]?.integer == steps)
    #expect(try FileContents.read(FilePath(folder("book/train.json"))) == record)

    let longer = try Program.run(["train", "-o", folder("book"), "--time", "12s", "--json"])
    #expect(try #require(longer.json()["steps"]?.integer) > steps)
    #expect(longer.errors.contains("before its learning rate fell"), "\(longer.errors)")

    for command in [
      ["generate", folder("book"), "-p", "Mara", "-n", "5", "--quiet"],
      ["evaluate", "perplexity", "--model", folder("book"), "--text", folder("book.txt")],
      ["export", "--model", folder("book"), "--format", "huggingface", "-o", folder("exported")],
      ["checkpoint", "inspect", folder("book")], ["checkpoint", "verify", folder("book")],
    ] {
      let result = try Program.run(command)
      #expect(result.status == 0, "\(command): \(result.errors)")
    }
  }

  /// The commands that are printed make the same files when they are given by themselves.
  @Test func printedCommandsAreTheOnesThatRun() throws {
    let result = try Program.run(train(["--time", "5s", "--json"]))
    let printed = try commands(in: result).prefix(2).map { command in
      command.split(separator: " ").dropFirst().map {
        String($0).replacing(folder("book") + "/", with: folder("own") + "/")
      }
    }
    for words in printed {
      let result = try Program.run(words)
      #expect(result.status == 0, "\(result.errors)")
    }
    for name in ["tokenizer/tokenizer.json", "data/SHA256SUMS"] {
      #expect(
        try FileContents.read(folder.path.appending("own/\(name)"))
          == FileContents.read(folder.path.appending("book/\(name)")))
    }
  }

  /// A model that fills masks.
  @Test func maskedModelsAreMade() throws {
    let result = try Program.run(train(["--time", "5s", "--objective", "masked"]))
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("Next: crate-lm fill-mask \(folder("book"))"))
    let filled = try Program.run(["fill-mask", folder("book"), "Mara found the [MASK]."])
    #expect(filled.status == 0, "\(filled.errors)")
  }

  /// The same line goes on after a signal, and after a kill of any part.
  @Test func interruptedLinesGoOn() throws {
    let line = train(["--time", "6s"])
    for (signal, file) in [
      (SIGKILL, "tokenizer"), (SIGKILL, "tokenizer/tokenizer.json"), (SIGKILL, "data"),
      (SIGKILL, "run/config.json"), (SIGTERM, "run/checkpoints"),
    ] {
      let result = try Program.run(
        line, interruption: (signal, folder.path.appending("book/\(file)")))
      #expect(result.status != 0, "\(file): \(result.errors)")
      if signal == SIGTERM {
        #expect(result.status == 75, "\(result.errors)")
        #expect(result.errors.contains("the same line goes on"), "\(result.errors)")
      }
    }
    let last = try Program.run(line)
    #expect(last.status == 0, "\(last.errors)")
    let verified = try Program.run(["checkpoint", "verify", folder("book")])
    #expect(verified.status == 0, "\(verified.errors)")
  }

  /// Two kilobytes are a small model's text; the held-out part is measured.
  @Test func smallTextsHaveSmallPlans() throws {
    try folder.write(String(Workshop.text.prefix(2000)), to: "page.txt")
    let result = try Program.run(train(["--time", "1m"], text: "page.txt"))
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("bits/byte"), "\(result.errors)")
    #expect(result.errors.contains("only teach it the text by heart"), "\(result.errors)")
  }

  /// A plan is printed without anything being made.
  @Test func plansArePrinted() throws {
    let result = try Program.run(train(["--dry-run", "--time", "1m"]))
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n")
    #expect(lines.allSatisfy { $0.hasPrefix("crate-lm ") } && lines.count >= 3, "\(lines)")
    let rounds = lines.contains { $0.contains(" --precision bf16") }
    #expect(rounds == Precision.bf16.isAvailable, "\(lines)")
    #expect(FileSystem.kind(of: folder.path.appending("book")) == nil)
  }

  @Test func impossibleLinesAreRefused() throws {
    try folder.write("", to: "nothing.txt")
    try folder.write("A few words.", to: "words.txt")
    let output = ["-o", folder("none")]
    for (status, words, arguments): (Int32, [String], [String]) in [
      (64, ["nothing to learn from"], ["train"] + output),
      (66, ["missing.txt"], ["train", folder("missing.txt")] + output),
      (65, ["no text"], ["train", folder("nothing.txt")] + output),
      (64, ["12 bytes", "at least 500"], ["train", folder("words.txt")] + output),
      (64, ["Standard input", "save the text"], ["train", "-"] + output),
      (64, ["is 2s", "at least 5s"], ["train", folder("book.txt"), "--time", "2s"] + output),
    ] {
      try Program.expectFailure(status, words, arguments)
      #expect(FileSystem.kind(of: folder.path.appending("none")) == nil)
    }
  }

  /// A directory of something else is left alone.
  @Test func otherDirectoriesStay() throws {
    try FileSystem.createDirectory(folder.path.appending("book"))
    try folder.write("mine", to: "book/letter.txt")
    try Program.expectFailure(73, ["not empty", "train.json"], train(["--time", "5s"]))
    #expect(try FileSystem.names(in: folder.path.appending("book")) == ["letter.txt"])
    try Program.expectFailure(
      73, ["not empty"],
      ["train", folder("book.txt"), "-o", try Workshop.folder()("run"), "--time", "5s"])
  }

  /// Another text, objective or seed for the same directory is refused with both; a changed text is
  /// said.
  @Test func otherChoicesAreRefused() throws {
    try folder.write(Workshop.text, to: "other.txt")
    let first = try Program.run(train(["--time", "5s", "--seed", "3", "--quiet"]))
    #expect(first.status == 0 && first.errors.isEmpty, "\(first.errors)")
    try Program.expectFailure(
      64, [folder("book.txt"), folder("other.txt"), "choose another -o"],
      train([], text: "other.txt"))
    try Program.expectFailure(
      64, ["--objective causal", "not masked"], train(["--objective", "masked"]))
    try Program.expectFailure(64, ["--seed 3", "not 4"], train(["--seed", "4"]))
    try folder.write(Workshop.text, to: "book.txt")
    let changed = try Program.run(train([]))
    #expect(changed.status == 0 && changed.errors.contains("has changed"), "\(changed.errors)")
  }

  /// A longer run that ends worse than the shorter one was leaves the directory its model.
  @Test func theBestModelOfAllTimesStays() throws {
    let shop = try Workshop.folder()
    try FileSystem.createDirectory(folder.path.appending("made"))
    try folder.write("{}", to: "made/train.json")
    let run = ["pretrain", "--data", shop("data"), "-o", folder("made/run"), "--quiet"]
    let shape = ["--depth", "1", "--width", "32", "--heads", "2", "--context", "32"]
    let begin = try Program.run(
      run + shape + ["--batch", "8", "--steps", "60", "--eval-every", "60", "--seed", "1"]
        + ["--learning-rate", "0.05"])
    #expect(begin.status == 0, "\(begin.errors)")
    // Without a long fall of the learning rate.
    let longer = try Program.run(run + ["--resume", "auto", "--steps", "62", "--decay", "1"])
    #expect(longer.status == 0, "\(longer.errors)")
    func loss(_ log: String) throws -> Double {
      let lines = try FileContents.read(folder.path.appending("made/run/\(log)"))
        .split(separator: UInt8(ascii: "\n")).map { try JSONValue.parse(Array($0)).object }
      return try #require(lines.last??["validation_loss"]?.double)
    }
    #expect(try loss("metrics-00000060.jsonl") < loss("metrics.jsonl"))
    func score(_ model: String) throws -> Double? {
      try Program.run(["score", folder(model), "--text", "Mara found it.", "--json"])
        .json()["total"]?.double
    }
    let shorter = try score("made/run/checkpoints/decayed-00000060")
    #expect(try score("made") == shorter && score("made/run/checkpoints/best") != shorter)
  }
}
