import CRATELM
import Storage
import SystemPackage
import Testing

/// Options as people type them.
@Suite struct OptionTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func dryRun(_ more: [String]) throws -> JSONObject {
    try Program.run(
      ["pretrain", "--data", shop("data"), "-o", folder("dry"), "--dry-run", "--json"] + more
    ).json()
  }

  @Test(arguments: [
    ("1e3", 1000), ("2k", 2000), ("0.5M", 500_000), ("2Ki", 2048), ("1Mi", 1_048_576), ("17", 17),
  ])
  func numbers(text: String, value: Int64) throws {
    #expect(try dryRun(["--steps", text])["steps"]?.integer == value)
  }

  @Test(arguments: ["1.5", "2m", "k", "0x10", "1e-3", "nan", "1e300", "2 M"])
  func otherTextsAreNoNumbers(text: String) throws {
    try Program.expectFailure(
      64, ["--steps", "whole number"],
      ["pretrain", "--data", shop("data"), "-o", folder("dry"), "--dry-run", "--steps=\(text)"])
  }

  /// An option that is expected once is not taken from its last place in silence.
  @Test func repeatedOptionsAreRefused() throws {
    for (options, words) in [
      (["--preset", "nano", "--preset", "tiny"], ["--preset", "2 times", "'nano' and 'tiny'"]),
      (["--output=\(folder("b"))"], ["--output", folder("a"), folder("b")]),
      (
        ["--steps", "3", "--steps=4", "--steps", "5"],
        ["--steps", "3 times", "'3' and '4' and '5'"]
      ),
    ] {
      try Program.expectFailure(
        64, words, ["pretrain", "--data", shop("data"), "-o", folder("a"), "--dry-run"] + options)
    }
    let stops = ["generate", shop("run"), "-p", "Mara", "-n", "3", "--stop", "x", "--stop", "y"]
    #expect(try Program.run(stops).status == 0)
  }

  @Test func configurationFilesAreChecked() throws {
    let pretrain = [
      "pretrain", "--data", shop("data"), "-o", folder("dry"), "--dry-run", "--config",
    ]
    for (text, words) in [
      ("{\"learning-rate\": 0.1, \"learning_rate\": 0.2}", ["'learning-rate'", "'learning_rate'"]),
      ("{\"steps\": 1, \"steps\": 2}", ["steps", "twice"]), ("{\"foo\": 3}", ["'foo'"]),
      ("{\"config\": \"other.json\"}", ["'config'"]),
    ] {
      try folder.write(text, to: "options.json")
      try Program.expectFailure(64, ["options.json"] + words, pretrain + [folder("options.json")])
    }
    // The command line wins over the file, which may say no.
    try folder.write("{\"steps\": 5, \"dictionary_bound\": false}", to: "options.json")
    #expect(
      try dryRun(["--config", folder("options.json"), "--steps", "7"])["steps"]?.integer == 7)
  }

  /// A wrong value names the file and the key that it comes from; one of the command line does not.
  @Test func wrongValuesInFilesAreLocated() throws {
    let pretrain = [
      "pretrain", "--data", shop("data"), "-o", folder("dry"), "--dry-run", "--config",
      folder("options.json"),
    ]
    for (text, words) in [
      ("{\"steps\": \"many\"}", ["'steps'", "'many'", "whole number"]),
      ("{\"steps\": 3, \"save_every\": \"soon\"}", ["'save_every'", "'soon'"]),
      ("{\"learning_rate\": -1}", ["'learning_rate'", "above 0"]),
      ("{\"weight-decay\": -1}", ["'weight-decay'", "at least 0"]),
      ("{\"depth\": 0}", ["'depth'", "at least 1"]), ("{\"keep\": 0}", ["'keep'", "at least 1"]),
      ("{\"epochs\": 0}", ["'epochs'", "above 0"]),
      ("{\"steps\": 3, \"epochs\": 2}", ["'steps', 'epochs'", "only one of"]),
      ("{\"preset\": \"huge\"}", ["'preset'", "'huge'"]), ("{\"steps\": true}", ["'steps'"]),
      ("{\"data\": [\"a\", 2, []]}", ["'data'"]),
    ] {
      try folder.write(text, to: "options.json")
      // Texts are named on the command line otherwise.
      let arguments = text.contains("data") ? ["pretrain"] + pretrain.dropFirst(3) : pretrain
      try Program.expectFailure(64, [folder("options.json")] + words, arguments)
    }
    try folder.write("{\"steps\": 5, \"depth\": 2}", to: "options.json")
    let result = try Program.run(pretrain + ["--steps", "many"])
    #expect(result.status == 64 && !result.errors.contains("options.json"), "\(result.errors)")
  }

  /// The configuration of a run repeats it, bit for bit, but for what the command line says.
  @Test func aRunsConfigurationRepeatsIt() throws {
    let config = ["--config", shop("run/config.json")]
    let repeated = ["pretrain", "--data", shop("data"), "-o", folder("again"), "--quiet"] + config
    #expect(try Program.run(repeated).status == 0)
    for name in ["model.safetensors", "config.json"] {
      #expect(
        try FileContents.read(FilePath(folder("again/\(name)")))
          == FileContents.read(FilePath(shop("run/\(name)"))))
    }
    // Of other steps the fall of the learning rate takes the same share: 24 of 60, 4 of 10.
    let shorter = ["pretrain", "--data", shop("data"), "-o", folder("shorter"), "--quiet"] + config
    #expect(try Program.run(shorter + ["--steps", "10"]).status == 0)
    let record = try RunRecord.read(from: RunDirectory(FilePath(folder("shorter"))))
    #expect(record.training?.configuration.schedule.decay == .linear(steps: 4))
    try Program.expectFailure(
      64, ["decay of", "of 7;", "--decay"],
      shorter + ["--overwrite", "--steps", "7", "--decay", "9"])
    let other = try dryRun(config + ["--steps", "7", "--decay", "3"])
    #expect(other["steps"]?.integer == 7)
    #expect(other["tokens"]?.integer == 1792)
  }

  /// A recipe gives what no option gives.
  @Test func theRecipeOfTheAuthors() throws {
    let published = try dryRun(["--recipe", "published"])
    #expect(published["steps"]?.integer == 600_000)
    #expect(published["tokens"]?.integer == Int64(600_000 * 480 * 256))
    #expect(try dryRun(["--recipe", "published", "--steps", "30"])["steps"]?.integer == 30)
    let run = ["pretrain", "--data", shop("data"), "-o", folder("published"), "--quiet"]
    let given = ["--preset", "nano", "--recipe", "published", "--steps", "4", "--batch", "2"]
    #expect(try Program.run(run + given + ["--beta1", "0.8"]).status == 0)
    let training = try JSONValue.parse(
      FileContents.read(FilePath(folder("published/config.json")))
    ).object?["training"]?.object
    #expect(training?["bounds_dictionaries"] == .bool(false))
    #expect(training?["optimizer"]?.object?["beta1"] == .number(0.8))
    #expect(training?["batch"] == .integer(2))
    #expect(try Program.run(run + ["--resume", "auto"]).status == 0)
  }

  /// AdamW's β₂ is 0.99 beside Muon, and as published if AdamW updates everything.
  @Test(arguments: [
    ([], 0.99), (["--optimizer", "adamw"], 0.95), (["--recipe", "published"], 0.95),
    (["--recipe", "published", "--optimizer", "muon"], 0.99), (["--beta2", "0.9"], 0.9),
  ])
  func usualSecondMoments(options: [String], beta2: Double) throws {
    let run = ["pretrain", "--data", shop("data"), "-o", folder("moments"), "--quiet"]
    let shape = ["--depth", "1", "--width", "32", "--heads", "2", "--context", "16"]
    let plan = ["--steps", "1", "--batch", "1"]
    #expect(try Program.run(run + shape + plan + options).status == 0)
    let record = try RunRecord.read(from: RunDirectory(FilePath(folder("moments"))))
    #expect(record.training?.configuration.optimizer.beta2 == Float(beta2))
  }

  /// A run that goes on keeps its options: what differs is named with both values.
  @Test func refusedDifferencesAreNamed() throws {
    let begin = ["pretrain", "--data", shop("data"), "-o", folder("kept")]
    let config = ["--config", shop("run/config.json"), "--quiet"]
    #expect(try Program.run(begin + config).status == 0)
    let resume = begin + ["--resume", "auto"]
    try Program.expectFailure(
      64, ["--learning-rate 0.005, not 0.1", "--keep 2, not 3"],
      resume + ["--learning-rate", "0.1", "--keep", "3"])
    try Program.expectFailure(
      64, ["--schedule wsd, not cosine", "--steps 60, not 90"],
      resume + ["--schedule", "cosine", "--steps", "90"])
    try Program.expectFailure(
      64, ["--width 32, not 64", "--seed 1, not 2"], resume + ["--width", "64", "--seed", "2"])
    try Program.expectFailure(64, ["--dropout 0.0, not 0.1"], resume + ["--dropout", "0.1"])
  }

  /// A model may stand alone where one is expected.
  @Test func modelsAreNamedInEachWay() throws {
    let tail = ["-p", "Mara", "-n", "5", "--seed", "1"]
    let outputs = try [["--model", shop("run")], ["-m", shop("run")], [shop("run")]].map {
      try Program.run(["generate"] + $0 + tail).output
    }
    #expect(outputs[0].hasPrefix("Mara") && Set(outputs).count == 1)
    let all = try Program.run(["generate", shop("run"), "--top-k", "0"] + tail).output
    #expect(all == outputs[0])
    for arguments in [[], ["--model", shop("run"), shop("run")]] {
      try Program.expectFailure(64, ["--model"], ["generate"] + arguments + tail)
    }
    for command in [["score"], ["evaluate", "perplexity"]] {
      let text = ["--text", command == ["score"] ? "Mara found" : shop("text.txt"), "--json"]
      #expect(
        try Program.run(command + [shop("run")] + text).json()
          == Program.run(command + ["--model", shop("run")] + text).json())
    }
  }

  @Test func benchmarksTakeModelsPlainly() throws {
    for arguments in [[shop("run")], ["--model", shop("run")]] {
      let result = try Program.run(["bench", "generation", "--tokens", "2", "--json"] + arguments)
      // That of a run of two layers, not of a new model.
      #expect(try result.json()["parameters"]?.integer ?? .max < 100_000)
    }
    try Program.expectFailure(
      64, ["once"], ["bench", "generation", shop("run"), "--model", shop("run")])
  }

  /// A command's help begins with an example and the options that most users need.
  @Test func helpBeginsWithWhatMatters() throws {
    for (command, options) in [
      (["tokenizer", "train"], ["--output", "--vocab-size"]),
      (["data", "pack"], ["--tokenizer", "--output", "--validation"]),
      (["pretrain"], ["--data", "--output", "--preset", "--steps", "--epochs", "--resume"]),
      (["generate"], ["--model", "--prompt", "--max-tokens"]),
      (["evaluate", "perplexity"], ["--model", "--text", "--data"]),
    ] {
      let help = try Program.run(command + ["--help"]).output
      #expect(help.contains("\n  crate-lm \(command.joined(separator: " ")) "), "\(help)")
      let listed = help.split(separator: "\n").compactMap {
        $0.prefixMatch(of: /\ \ (?:-\w, )?(--[a-z-]+)/).map { String($0.1) }
      }
      let places = options.map { listed.firstIndex(of: $0) ?? .max }
      #expect(places.allSatisfy { $0 < 16 }, "\(listed)")
    }
  }
}
