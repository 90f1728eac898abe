import Storage
import SystemPackage
import Testing

/// What the program says to people who are not experts, and what it must not lose of theirs.
@Suite struct EverydayTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func pretrain(_ run: String, _ more: [String]) -> [String] {
    ["pretrain", "--data", shop("data"), "-o", folder(run)] + more
  }

  private let small = [
    "--depth", "1", "--width", "16", "--heads", "2", "--context", "16", "--batch", "4", "--quiet",
  ]

  private func names(_ directory: String) throws -> [String] {
    try FileSystem.names(in: folder.path.appending(directory))
  }

  /// A run of 20 steps that had 10 before.
  private func longerRun() throws {
    for more in [small + ["--steps", "10"], ["--resume", "auto", "--steps", "20", "--quiet"]] {
      #expect(try Program.run(pretrain("run", more)).status == 0)
    }
    #expect(try names("run").contains("metrics-00000010.jsonl"))
    #expect(try names("run/checkpoints").contains("decayed-00000010"))
  }

  /// A run that replaces another has nothing of it; files of the user stay.
  @Test func replacedRunsLeaveNothing() throws {
    try longerRun()
    for name in ["metrics-mine.jsonl", "checkpoints/notes.txt"] {
      try folder.write("mine", to: "run/\(name)")
    }
    let replaced = try Program.run(pretrain("run", small + ["--steps", "8", "--overwrite"]))
    #expect(replaced.status == 0, "\(replaced.errors)")
    #expect(
      try names("run") == [
        "checkpoints", "config.json", "metrics-mine.jsonl", "metrics.jsonl", "model.safetensors",
        "tokenizer.json",
      ])
    #expect(
      try names("run/checkpoints") == [
        "best", "notes.txt", "step-00000005", "step-00000007", "step-00000008",
      ])
  }

  /// Checkpoints with other names than their steps are shown and checked with their run.
  @Test func namedCheckpointsAreOfTheRun() throws {
    try longerRun()
    let inspected = try Program.run(["checkpoint", "inspect", folder("run")])
    #expect(
      inspected.output.contains("best (of step 20), decayed-00000010 (of step 10)"),
      "\(inspected.output)")
    #expect(inspected.output.contains("lowest validation loss: "), "\(inspected.output)")
    let fields = try Program.run(["checkpoint", "inspect", folder("run"), "--json"]).json()
    #expect(fields["checkpoints"]?.array?.first?.integer == 20)
    #expect(fields["named_checkpoints"]?.array?.count == 2)
    #expect(fields["best_step"]?.integer == 20)
    for name in ["best", "decayed-00000010"] {
      let path = folder.path.appending("run/checkpoints/\(name)/state.json")
      let whole = try FileContents.read(path)
      var bytes = whole
      bytes[bytes.count / 2] ^= 1
      // Another file, since that of the step is the same one by another name.
      try FileSystem.remove(path)
      try FileContents.write(bytes, to: path)
      try Program.expectFailure(
        65, ["\(name)/state.json"], ["checkpoint", "verify", folder("run")])
      try FileContents.write(whole, to: path)
    }
    #expect(try Program.run(["checkpoint", "verify", folder("run")]).status == 0)
  }

  /// A checkpoint continues no other run than its own, and none that is still to begin.
  @Test func checkpointsContinueTheirRun() throws {
    for checkpoint in [shop("run"), shop("run/checkpoints/step-00000060")] {
      try Program.expectFailure(
        64, ["is no run yet", "the run that it lies in"],
        pretrain("new", ["--resume", checkpoint]))
    }
    #expect(try names("").isEmpty)
  }

  /// The command to type next takes the best model, which need not be the last.
  @Test func theNextCommandTakesTheBestModel() throws {
    let learnt = try Program.run(
      pretrain(
        "run",
        small.dropLast() + [
          "--steps", "40", "--eval-every", "5", "--matrix-learning-rate", "1", "--learning-rate",
          "1", "--schedule", "constant", "--seed", "1", "--patience", "1",
        ]))
    #expect(learnt.status == 0, "\(learnt.errors)")
    let best = folder("run/checkpoints/best")
    #expect(learnt.errors.contains("\(best) holds that model."), "\(learnt.errors)")
    #expect(learnt.errors.contains("Next: crate-lm generate \(best) --prompt"), "\(learnt.errors)")
    let short = try Program.run(pretrain("short", small.dropLast() + ["--steps", "2"]))
    #expect(
      short.errors.contains("Next: crate-lm generate \(folder("short")) --prompt"),
      "\(short.errors)")
  }

  /// Patience counts validations, which need held-out text.
  @Test func patienceNeedsHeldOutText() throws {
    let line = "Mara found the bell and gave it to Ada. "
    try folder.write(String(repeating: line, count: 20), to: "text.txt")
    let packed = try Program.run(
      [
        "data", "pack", folder("text.txt"), "--tokenizer", shop("tokenizer"), "--validation", "0",
        "-o", folder("whole"),
      ])
    #expect(packed.status == 0, "\(packed.errors)")
    let run = ["pretrain", "--data", folder("whole"), "-o", folder("impatient"), "--patience", "2"]
    try Program.expectFailure(
      64, ["--patience counts validations", "--validation 0.2"], run + small.dropLast())
    #expect(FileSystem.kind(of: folder.path.appending("impatient")) == nil)
  }

  /// Very little text is remarked on where it is packed and where it is learnt from.
  @Test func littleTextIsRemarkedOn() throws {
    let line = "Mara found the bell and gave it to Ada. "
    try folder.write(String(repeating: line, count: 20), to: "text.txt")
    let pack = [
      "data", "pack", folder("text.txt"), "--tokenizer", shop("tokenizer"), "-o", folder("data"),
    ]
    let packed = try Program.run(pack)
    #expect(packed.status == 0 && packed.errors.contains("very little text"), "\(packed.errors)")
    let nano = "Next: crate-lm pretrain --data \(folder("data")) -o run --preset nano --epochs 10\n"
    #expect(packed.errors.contains(nano), "\(packed.errors)")
    let learnt = try Program.run(
      ["pretrain", "--data", folder("data"), "-o", folder("run"), "--steps", "40"]
        + small.dropLast())
    #expect(learnt.status == 0, "\(learnt.errors)")
    #expect(learnt.errors.ranges(of: "very little text").count == 1, "\(learnt.errors)")
    try folder.write(String(repeating: Workshop.text, count: 8), to: "text.txt")
    let more = try Program.run(pack + ["--overwrite"])
    #expect(more.status == 0 && !more.errors.contains("little"), "\(more.errors)")
  }

  @Test(arguments: [
    (["learn", "book.txt"], "'crate-lm learn' is no command; expected one of: train, tokenizer, "),
    (
      ["data", "join", "a", "b", "-o", "c"], "'crate-lm data join' is no command; expected one of: "
    ),
    (["checkpoint", "run"], "expected one of: inspect, verify."),
  ]) func unknownCommandsAreNamed(arguments: [String], sentence: String) throws {
    try Program.expectFailure(64, [sentence], arguments)
  }

  /// A name of the Hub and a classifier are refused with a way to go on.
  @Test func foreignModelsAreNamed() throws {
    let hub = try Program.run(["import", "openai-community/gpt2", "-o", folder("new")])
    #expect(hub.status == 66, "\(hub.errors)")
    #expect(
      hub.errors.contains("'hf download openai-community/gpt2 --local-dir gpt2'"), "\(hub.errors)")
    try FileSystem.createDirectory(folder.path.appending("classifier"))
    let header = """
      {"bert.encoder.layer.0.attention.self.query.weight":\
      {"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}
      """
    let count = UInt64(header.utf8.count)
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + Array(header.utf8)
    try FileContents.write(
      bytes + [0, 0, 0, 0], to: folder.path.appending("classifier/model.safetensors"))
    try folder.write(
      #"{"architectures": ["BertForSequenceClassification"], "hidden_size": 1}"#,
      to: "classifier/config.json")
    try Program.expectFailure(
      65, ["it is a BertForSequenceClassification", "BertForMaskedLM"],
      ["import", folder("classifier"), "-o", folder("new")])
  }
}
