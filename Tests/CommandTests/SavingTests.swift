import Glibc
import Storage
import SystemPackage
import Testing

/// What is saved, kept and taken again, as a user meets it.
@Suite struct SavingTests {
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
    "--depth", "1", "--width", "16", "--heads", "2", "--context", "16", "--batch", "4",
  ]

  private func read(_ name: String) throws -> [UInt8] {
    try FileContents.read(folder.path.appending(name))
  }

  private func copy(_ source: String, to target: String) throws {
    try FileSystem.createDirectory(FilePath(target))
    for name in try FileSystem.names(in: FilePath(source)) {
      try FileContents.copy(FilePath(source).appending(name), to: FilePath(target).appending(name))
    }
  }

  /// Weights that training did not make are not replaced, before anything else is said.
  @Test func modelsThatWereNotTrainedHereStay() throws {
    for arguments in [
      ["export", "--model", shop("run"), "--format", "safetensors", "-o", folder("exported")],
      ["export", "--model", shop("run"), "--format", "huggingface", "-o", folder("shared")],
      ["import", folder("shared"), "-o", folder("imported")],
    ] { #expect(try Program.run(arguments).status == 0) }
    for (name, reason) in [
      ("exported", "was not trained here"), ("imported", "was not trained here"),
      ("shared", "not a run"),
    ] {
      let weights = try read("\(name)/model.safetensors")
      for choice in [["--overwrite"], ["--resume", "auto"], []] {
        let result = try Program.run(pretrain(name, choice + small))
        #expect(result.status == 73 && result.errors.contains(reason), "\(result.errors)")
        #expect(result.errors.hasPrefix("Error: "), "\(result.errors)")
      }
      #expect(try read("\(name)/model.safetensors") == weights)
    }
  }

  /// A run that was killed before its first checkpoint goes on as the run that it is.
  @Test func settingsHoldBeforeTheFirstCheckpoint() throws {
    let begun = pretrain("run", small + ["--steps", "100000", "--save-every", "never"])
    let killed = try Program.run(
      begun, interruption: (SIGKILL, folder.path.appending("run/metrics.jsonl")))
    #expect(killed.status == 128 + SIGKILL)
    let settings = try read("run/config.json")
    let other = try Program.run(pretrain("run", ["--depth", "2", "--resume", "auto"]))
    #expect(other.status == 64, "\(other.errors)")
    let result = try Program.run(
      pretrain("run", ["--resume", "auto", "--max-time", "1s"]))
    #expect(result.status == 75, "\(result.errors)")
    #expect(result.errors.contains("Nothing was saved yet"), "\(result.errors)")
    #expect(result.errors.contains("depth 1, width 16"), "\(result.errors)")
    #expect(try read("run/config.json") == settings)
  }

  @Test func intervalsAreStepsATimeOrNone() throws {
    // The learning rate falls from step 11 on, whose checkpoint stays.
    for (value, steps) in [
      ("7", [18, 14, 11, 7]), ("never", [18, 11]), ("1h", [18, 17, 16, 11]),
    ] {
      let result = try Program.run(
        pretrain(
          value, small + ["--steps", "18", "--save-every", value, "--keep", "3", "--quiet"]))
      #expect(result.status == 0, "\(result.errors)")
      #expect(
        try FileSystem.names(in: folder.path.appending("\(value)/checkpoints"))
          == ["best"] + steps.reversed().map { "step-000000" + ($0 < 10 ? "0\($0)" : "\($0)") })
    }
    for value in ["0", "-1", "often", "10x", ""] {
      try Program.expectFailure(64, [], pretrain("wrong", small + ["--save-every=\(value)"]))
    }
  }

  /// A finished run becomes longer; what it had learnt in its decay stays under another name.
  @Test func runsBecomeLonger() throws {
    #expect(try Program.run(pretrain("run", small + ["--steps", "10", "--quiet"])).status == 0)
    let longer = try Program.run(pretrain("run", ["--resume", "auto", "--steps", "20"]))
    #expect(longer.status == 0, "\(longer.errors)")
    #expect(longer.errors.contains("20 steps, not 10"), "\(longer.errors)")
    #expect(longer.errors.contains("checkpoints/decayed-00000010"), "\(longer.errors)")
    let score = ["score", "--text", "Mara gave it to Ada.", "--model"]
    for model in ["decayed-00000010", "step-00000020", "best"] {
      let result = try Program.run(score + [folder("run/checkpoints/\(model)")])
      #expect(result.status == 0 && !result.output.isEmpty, "\(result.errors)")
    }
    try Program.expectFailure(
      64, ["decay-now"], pretrain("run", ["--resume", "auto", "--decay-now", "--steps", "30"]))
    let again = try Program.run(pretrain("run", ["--resume", "auto", "--decay-now"]))
    #expect(again.status == 0 && again.errors.contains("fell to its end"), "\(again.errors)")
    #expect(again.errors.contains("is finished (20 of 20 steps)"), "\(again.errors)")
    try Program.expectFailure(
      64, ["with which the run is finished", "leave --decay-now and --decay out"],
      pretrain("run", ["--resume", "auto", "--decay-now", "--decay", "3"]))
    try Program.expectFailure(
      64, ["none at"], pretrain("new", ["--resume", "auto", "--decay-now"]))
    try Program.expectFailure(
      64, ["at the earliest"], pretrain("run", ["--resume", "auto", "--steps", "14"]))
  }

  /// A copied checkpoint is a model under any name: it says the same as in its run.
  @Test func copiedCheckpointsAreModels() throws {
    let original = shop("run/checkpoints/step-00000060")
    try copy(original, to: folder("best"))
    for command in [
      ["generate", "-p", "Ada found", "--seed", "1", "--max-tokens", "12", "--model"],
      ["score", "--text", "Mara gave it to Ada.", "--model"],
      ["evaluate", "perplexity", "--data", shop("data"), "--model"],
    ] {
      let results = try [original, folder("best"), shop("run")].map {
        try Program.run(command + [$0])
      }
      #expect(results[0].status == 0 && !results[0].output.isEmpty, "\(results[0].errors)")
      #expect(results[0].output == results[1].output && results[0].output == results[2].output)
    }
    let inspected = try Program.run(["checkpoint", "inspect", folder("best")])
    #expect(
      inspected.output.contains("after step 60") && inspected.output.contains("tokenizer.json"))
  }

  /// All checkpoints in a directory are checked, also in what is left of a run.
  @Test func directoriesOfCheckpointsAreVerified() throws {
    for name in ["a", "b"] {
      try copy(shop("run/checkpoints/step-00000030"), to: folder(name))
    }
    // In the run the best one and that before the learning rate fell, too.
    for (path, count) in [(folder.path.string, 2), (shop("run/checkpoints"), 4)] {
      let result = try Program.run(["checkpoint", "verify", path])
      #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
      #expect(result.output.split(separator: "\n").count == count, "\(result.output)")
    }
    var bytes = try read("b/tokenizer.json")
    bytes[7] ^= 1
    try FileContents.write(bytes, to: folder.path.appending("b/tokenizer.json"))
    let result = try Program.run(["checkpoint", "verify", folder.path.string])
    #expect(result.status == 65 && result.errors.contains("/a: sound."), "\(result.errors)")
    #expect(result.errors.contains("b/tokenizer.json"), "\(result.errors)")
  }

  /// What an earlier version wrote says what it lacks.
  @Test func earlierCheckpointsSayWhatTheyLack() throws {
    let earlier = FilePath(#filePath).removingLastComponent().removingLastComponent()
      .appending("Fixtures/a74b987/runs/crate-causal")
    try copy(earlier.appending("checkpoints/step-00000004").string, to: folder("best"))
    for command in [["generate", "-p", "a", "--model"], ["checkpoint", "inspect"]] {
      try Program.expectFailure(65, ["no tokenizer.json"], command + [folder("best")])
    }
    let sound = try Program.run(["checkpoint", "verify", folder("best")])
    #expect(sound.status == 0 && sound.output.contains("sound"))
    #expect(sound.errors.contains("no tokenizer.json"), "\(sound.errors)")
    for name in ["config.json", "tokenizer.json"] {
      try FileContents.copy(earlier.appending(name), to: folder.path.appending("best/\(name)"))
    }
    #expect(try Program.run(["generate", "-p", "a", "--model", folder("best")]).status == 0)
  }

  /// Nothing that is trained takes the place of a copied checkpoint.
  @Test func copiedCheckpointsAreNoRuns() throws {
    try copy(shop("run/checkpoints/step-00000060"), to: folder("best"))
    for choice in [["--overwrite"], ["--resume", "auto"], []] {
      try Program.expectFailure(73, ["checkpoint"], pretrain("best", choice + small))
    }
  }
}
