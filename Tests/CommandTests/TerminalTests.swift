import Glibc
import Storage
import SystemPackage
import Testing

/// What a user sees on a terminal, and what a log file gets.
@Suite struct TerminalTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func pretrain(
    _ run: String, _ more: [String] = [], batch: String = "4"
  ) -> [String] {
    [
      "pretrain", "--data", shop("data"), "-o", folder(run), "--depth", "1", "--width", "16",
      "--heads", "2", "--context", "16", "--batch", batch, "--steps", "200", "--seed", "1",
    ] + more
  }

  /// Every refresh fits the terminal, so that the line stays where it is.
  @Test(arguments: [80, 60, 30]) func progressKeepsToOneLine(columns: Int) throws {
    let tokenizer = ["--tokenizer", shop("tokenizer")]
    for arguments in [
      pretrain("run\(columns)"),
      ["data", "pack", shop("text.txt"), "-o", folder("data\(columns)")] + tokenizer,
      ["tokenizer", "train", shop("text.txt"), "--vocab-size", "400", "-o", folder("t\(columns)")],
      ["evaluate", "perplexity", shop("run"), "--data", shop("data")],
    ] {
      let (status, screen) = try Program.runOnTerminal(arguments, columns: columns)
      #expect(status == 0, "\(screen)")
      let drawn = screen.split(separator: "\r\u{1B}[K").filter { !$0.contains("\n") }
      #expect(drawn.allSatisfy { $0.count < columns }, "\(drawn)")
      #expect(arguments[0] != "pretrain" || drawn.contains { $0.hasPrefix("step ") }, "\(screen)")
      // Validations and samples stay, in a row each.
      let rows = screen.split(separator: "\n").compactMap {
        $0.split(separator: "\r\u{1B}[K").last
      }.filter { $0.hasPrefix("step ") || $0.hasPrefix("sample") }
      #expect(rows.allSatisfy { $0.count <= columns }, "\(rows)")
    }
  }

  /// Without a terminal the first step shows that training goes on, and lines have their time.
  @Test func logLinesHaveTheirTime() throws {
    let result = try Program.run(pretrain("logged", ["--log-every", "50", "--eval-every", "200"]))
    let line = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ step (\d+)\/200 \| loss .*/
    let steps = result.errors.split(separator: "\n").compactMap {
      $0.wholeMatch(of: line).flatMap { Int($0.1) }
    }
    #expect(steps == [1, 50, 100, 150, 200], "\(result.errors)")
    #expect(!result.errors.contains("\r"))
    for line in try FileContents.read(FilePath(folder("logged/metrics.jsonl")))
      .split(separator: UInt8(ascii: "\n"))
    {
      let time = try JSONValue.parse(Array(line)).object?["time"]?.string
      #expect(time?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
    }
  }

  /// A run whose only microbatch takes seconds.
  private func slow(_ run: String, _ more: [String] = []) -> [String] {
    [
      "pretrain", "--data", shop("data"), "-o", folder(run), "--preset", "nano", "--batch", "512",
      "--microbatch", "512", "--steps", "100000", "--seed", "1",
    ] + more
  }

  /// The line follows the terminal's width at once, not at the next step.
  @Test func widthIsFollowedAtOnce() throws {
    let start = ContinuousClock.now
    let (_, screen) = try Program.runOnTerminal(
      slow("wide"), columns: 100, resizing: (to: 12, at: "step 0/100000", until: "step 0/100…"))
    #expect(!screen.contains("loss"), "\(screen) after \(ContinuousClock.now - start)")
  }

  /// A line comes on time, even if no step has ended.
  @Test func linesComeOnTime() throws {
    // A limit of time lets one step end, and no signal comes too early.
    let result = try Program.run(slow("timed", ["--log-every", "1s", "--max-time", "1s"]))
    #expect(result.status == 75, "\(result.errors)")
    let lines = result.errors.split(separator: "\n").filter {
      $0.wholeMatch(of: /\S+Z step 0\/100000/) != nil
    }
    #expect(!lines.isEmpty, "\(result.errors)")
  }

  @Test func samplesAreOneLineAndMayBeTurnedOff() throws {
    let shown = try Program.run(pretrain("shown", ["--sample-every", "100"])).errors
    let samples = shown.split(separator: "\n").filter { $0.contains(" sample | ") }
    #expect(samples.count == 2, "\(shown)")
    #expect(samples.allSatisfy { $0.count < 160 })
    let silent = try Program.run(pretrain("silent", ["--sample-every", "never"])).errors
    #expect(!silent.contains("sample"))
  }

  /// How often the text is read is said before training and in a dry run.
  @Test func readingsOfTheTextAreSaid() throws {
    let data = try Program.run(["data", "inspect", shop("data"), "--json"]).json()
    let tokens = try #require(data["train"]?.object?["tokens"]?.double)
    let dry = try Program.run(pretrain("dry", ["--dry-run", "--json"])).json()
    let epochs = try #require(dry["epochs"]?.double)
    #expect(abs(epochs - 200 * 4 * 16 / tokens) < 1e-9)
    let few = try Program.run(pretrain("dry", ["--dry-run"])).output
    #expect(few.contains("times over the text") && !few.contains("Warning"))
    let many = try Program.run(pretrain("dry", ["--dry-run"], batch: "256")).output
    #expect(many.contains("Warning: a text read so often is learnt by heart"))
    // What the warning asks for does not lead to it.
    let shape = [
      "--depth", "1", "--width", "16", "--heads", "2", "--context", "16", "--batch", "4",
    ]
    let plan = ["pretrain", "--data", shop("data"), "-o", folder("dry"), "--dry-run"] + shape
    for (options, warns) in [
      (["--epochs", "30"], false), (["--epochs", "31"], true),
    ] {
      #expect(try Program.run(plan + options).output.contains("Warning") == warns, "\(options)")
    }
  }

  /// A finished run says so, and what to do next; a run in training says who trains it.
  @Test func runsSayHowTheyStand() throws {
    let first = try Program.run(pretrain("stands"))
    // The best model, which this run leaves behind: it learns its small text by heart.
    let best = folder("stands/checkpoints/best")
    #expect(first.errors.contains("Next: crate-lm generate \(best) --prompt"), "\(first.errors)")
    let again = try Program.run(pretrain("stands", ["--resume", "auto"]))
    #expect(again.status == 0)
    #expect(again.errors.hasPrefix("\(folder("stands")) is finished (200 of 200 steps)."))
    // The error is all that is said where nothing is begun.
    let refused = try Program.run(pretrain("stands"))
    #expect(refused.status == 73)
    #expect(refused.errors.hasPrefix("Error: "), "\(refused.errors)")
    // This process takes the place of one that trains.
    let lock = try DirectoryLock(FilePath(folder("stands")))
    try withExtendedLifetime(lock) {
      try Program.expectFailure(
        73, ["in use: process \(getpid()) "], pretrain("stands", ["--resume", "auto"]))
    }
  }
}
