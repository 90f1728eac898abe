import CRATELM
import Storage
import SystemPackage
import Testing

/// What people mistype, and the sentences that help them on.
@Suite struct MistakeTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private var dryRun: [String] {
    ["pretrain", "--data", shop("data"), "-o", folder("dry"), "--dry-run"]
  }

  /// A value that begins with a dash is a value, unless it is an option.
  @Test(arguments: [
    (["--steps", "-5"], "--steps is -5; expected at least 1"),
    (["--dropout", "-0.1"], "dropout is -0.1; expected"),
    (["--warmup", "-3"], "--warmup is -3; expected at least 0"),
    (["--seed", "-1"], "'-1' is invalid for '--seed <seed>': expected a whole number from 0"),
    (["--steps", "--batch", "4"], "Missing value for '--steps <steps>'"),
    (["--steps", "--bacth", "4"], "Missing value for '--steps <steps>'"),
    (["--batch"], "Missing value for '--batch <batch>'"),
  ])
  func negativeValues(options: [String], sentence: String) throws {
    try Program.expectFailure(64, [sentence], dryRun + options)
  }

  /// A text may begin with a dash, as a value or by itself.
  @Test func textsBeginWithDashes() throws {
    let generate = ["generate", shop("run"), "-n", "2", "--seed", "1"]
    for prompt in ["-he said", "-5", "--- Mara"] {
      let result = try Program.run(generate + ["-p", prompt])
      #expect(result.status == 0 && result.output.hasPrefix(prompt), "\(result.errors)")
    }
    for other in ["-q", "-x"] {
      try Program.expectFailure(64, ["Missing value for '-p <prompt>'"], generate + ["-p", other])
    }
    let text = "-Mara found the boat."
    let analyze = ["analyze", "text", shop("run"), text, "--json"]
    #expect(
      try Program.run(analyze).json()
        == Program.run(["analyze", "text", shop("run"), "--json", "--", text]).json())
    try Program.expectFailure(
      66, ["-Mara found the boat. does not exist"], ["analyze", "text", text, shop("run")])
  }

  /// Every kind of value says what it expects.
  @Test(arguments: [
    (["train", "b.txt", "-o", "b", "--time", "30"], "a time above 0 with its unit, such as 90s"),
    (["train", "b.txt", "-o", "b", "--time", "0"], "a time above 0 with its unit"),
    (["train", "b.txt", "-o", "b", "--time", "10min"], "a time above 0 with its unit"),
    (["pretrain", "-o", "r", "--max-time", "1"], "a time above 0 with its unit"),
    (["pretrain", "-o", "r", "--save-at", "abc"], "numbers of steps from 1 with commas"),
    (["pretrain", "-o", "r", "--save-every", "soon"], "a number of steps from 1, a time such as"),
    (["pretrain", "-o", "r", "--sample-every", "0"], "a number of steps from 1, or never."),
    (["pretrain", "-o", "r", "--decay", "0"], "a share of the steps such as 0.4, or a number"),
    (["pretrain", "-o", "r", "--epochs", "many"], "a number, such as 0.5"),
    (["pretrain", "-o", "r", "--dropout", "no"], "a number, such as 0.5"),
    (["pretrain", "-o", "r", "--resume", ""], "auto, or the path of a checkpoint."),
    (["generate", "r", "--steer", "foo"], "a unit and its change, such as 2:31=4"),
    (["generate", "r", "--ablate", "1"], "a layer and a unit, both counted from 0"),
    (["generate", "r", "--temperature", "hot"], "a number, such as 0.5"),
    (["analyze", "attention", "r", "a", "--head", "1"], "a layer and a head, both counted from 0"),
    (["data", "read", "d", "--range", "3"], "two whole numbers from 0 with a colon"),
    (["data", "pack", "t", "--end-of-document", ""], "a token of the tokenizer, or none."),
    (["tokenizer", "train", "t", "--unicode", "new"], "a version of Unicode"),
  ])
  func valuesSayWhatIsExpected(arguments: [String], expectation: String) throws {
    let option = try #require(arguments.last { $0.hasPrefix("--") })
    try Program.expectFailure(
      64, ["is invalid for '\(option) <", ": expected \(expectation)"], arguments)
  }

  /// Defaults stand in the help once.
  @Test(arguments: [
    ("pretrain", "--save-timeout", "(default: 30m)"),
    ("generate", "--temperature,", "(default: 0.8)"),
    ("generate", "--max-tokens,", "(default: 200)"),
  ])
  func defaultsAreShown(command: String, option: String, text: String) throws {
    let help = try Program.run([command, "--help"]).output
    // From the option's name to the next one's.
    let parts = help.split(separator: "\n  -").dropFirst().map {
      "-\($0)".split { $0.isWhitespace }
    }
    let part = try #require(parts.first { $0.prefix(2).contains { $0 == option } })
    #expect(part.joined(separator: " ").ranges(of: text).count == 1, "\(part)")
  }

  @Test(arguments: [
    (["generate", "r", "It was"], ["Unexpected argument 'It was'", "<model>", "by --prompt"]),
    (["generate", "r", "It", "was"], ["2 unexpected arguments: 'It', 'was'", "in quotes"]),
    (["pretrain", "data", "-o", "z"], ["Unexpected argument 'data'", "only: ", "by --data."]),
    (["doctor", "now"], ["Unexpected argument 'now'; expected options only."]),
  ])
  func wordsWithoutAnOption(arguments: [String], words: [String]) throws {
    try Program.expectFailure(64, words, arguments)
  }

  @Test(arguments: [
    (["generte"], "'crate-lm generte' is no command. Did you mean 'generate'?"),
    (["tokenizer", "trian"], "'crate-lm tokenizer trian' is no command. Did you mean 'train'?"),
    (["help", "nosuch"], "'crate-lm nosuch' is no command; expected one of: train, "),
    (["help", "trian"], "'crate-lm trian' is no command. Did you mean 'train'?"),
    (["help", "tokenizer", "trian"], "Did you mean 'train'?"),
    (["help", "train", "book"], "'crate-lm train' has no commands."),
    (["data", "help"], "'crate-lm data --help' explains it."),
  ])
  func unknownCommands(arguments: [String], sentence: String) throws {
    try Program.expectFailure(64, [sentence], arguments)
  }

  @Test(arguments: [
    (["help", "tokenizer", "train"], "--vocab-size"), (["help", "help"], "help"),
    (["help"], "SUBCOMMANDS"),
  ])
  func helpIsHelped(arguments: [String], word: String) throws {
    let result = try Program.run(arguments)
    #expect(result.status == 0 && result.output.contains(word), "\(result.errors)")
  }

  /// The name of a picture or page tells what it is.
  @Test func namesOfPictures() throws {
    for (arguments, words) in [
      (["report", shop("run"), "-o", folder("run.pdf")], ["-o is", "run.pdf", ".html or .svg."]),
      (
        ["report", "--model", "r", "--data", "d", "-o", folder("run.png")],
        ["run.png", "ends in .html."]
      ),
      (
        ["analyze", "layers", "r", "--text", "t", "--plot", "l.png"], ["--plot is l.png", ".svg."]
      ),
      (["analyze", "text", "r", "t", "--unit", "0:0", "--plot", "l"], ["--plot is l;", ".svg."]),
      (["analyze", "attention", "r", "t", "--svg", "a.html"], ["--svg is a.html", ".svg."]),
    ] {
      try Program.expectFailure(64, words, arguments)
    }
    let page = try Program.run(["report", shop("run"), "-o", folder("RUN.HTM"), "-q"])
    #expect(page.status == 0 && FileSystem.kind(of: folder.path.appending("RUN.HTM")) == .file)
  }

  /// What does not exist is named as it was typed, whatever command looks for it.
  @Test func missingRuns() throws {
    for arguments in [
      ["report", "nosuch", "-o", folder("r.html")], ["plot", "nosuch"], ["compare", "nosuch"],
      ["generate", "nosuch"], ["checkpoint", "inspect", "nosuch"], ["export", "metrics", "nosuch"],
    ] {
      try Program.expectFailure(66, ["Error: nosuch does not exist."], arguments)
    }
    try Program.expectFailure(64, ["is not the directory of a run."], ["plot", shop("text.txt")])
    try Program.expectFailure(
      66, ["autp does not exist; --resume takes auto, or the path of a checkpoint"],
      dryRun + ["--resume", "autp"])
    try Program.expectFailure(
      66,
      ["nosuch does not exist", "downloads nothing", "'hf download nosuch --local-dir nosuch'"],
      ["import", "nosuch", "-o", folder("new")])
  }

  /// A file or directory in the place of another leads to the right one.
  @Test func otherFiles() throws {
    let text = shop("text.txt")
    for arguments in [["pretrain", "--data", text, "-o", folder("z")], ["data", "inspect", text]] {
      try Program.expectFailure(
        64, ["is not a data directory", "'crate-lm data pack \(text) --tokenizer"], arguments)
    }
    try Program.expectFailure(
      64, ["is not a file of options", "\(shop("run"))/config.json"],
      dryRun + ["--config", shop("run")])
    for content in ["Mara found the boat.\n", String(repeating: "Mara found it. ", count: 1000)] {
      try folder.write(content, to: "book.txt")
      try Program.expectFailure(
        65, ["book.txt is not a tokenizer file", "expected a token in each line", "train' made."],
        ["data", "pack", text, "--tokenizer", folder("book.txt"), "-o", folder("z")])
    }
  }

  /// A command in an error can be typed as it stands.
  @Test func remediesAreForAShell() throws {
    try Program.expectFailure(
      64, ["--special '<s>' '<pad>' '</s>' '<mask>'"], dryRun + ["--objective", "masked"])
    try folder.write("Mara", to: "a book.txt")
    try Program.expectFailure(
      64, ["crate-lm data pack '\(folder("a book.txt"))' --tokenizer"],
      ["data", "inspect", folder("a book.txt")])
  }
}
