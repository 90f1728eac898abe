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
  }

  /// A finished run says so, and what to do next; a run in training says who trains it.
  @Test func runsSayHowTheyStand() throws {
    let first = try Program.run(pretrain("stands"))
    #expect(first.errors.contains("Next: crate-lm generate \(folder("stands")) --prompt"))
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

extension Program {
  /// TIOCSPTLCK and TIOCGPTN of <asm/ioctls.h>.
  private static let (unlock, numberOfOther): (UInt, UInt) = (0x4004_5431, 0x8004_5430)

  /// Runs the program with `arguments` and its errors on a terminal of `columns` columns; a line on
  /// the screen ends with a newline.
  static func runOnTerminal(
    _ arguments: [String], columns: Int
  ) throws -> (status: Int32, screen: String) {
    let terminal = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY)
    try #require(terminal >= 0)
    defer { close(terminal) }
    var (isLocked, number) = (Int32(0), Int32(0))
    try #require(unsafe ioctl(terminal, unlock, &isLocked) == 0)
    try #require(unsafe ioctl(terminal, numberOfOther, &number) == 0)
    var size = winsize(
      ws_row: 24, ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    try #require(unsafe ioctl(terminal, UInt(TIOCSWINSZ), &size) == 0)
    let process = try start(
      arguments, of: "crate-lm",
      on: [
        (0, "/dev/null", O_RDONLY), (1, "/dev/null", O_WRONLY),
        (2, "/dev/pts/\(number)", O_WRONLY | O_NOCTTY),
      ])
    var screen: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      // Fails when the program, and with it the other side, is gone.
      let count = unsafe read(terminal, &buffer, buffer.count)
      guard count > 0 else { break }
      screen += buffer.prefix(count)
    }
    var status: Int32 = 0
    unsafe waitpid(process, &status, 0)
    let text = String(decoding: screen, as: UTF8.self).replacing("\r\n", with: "\n")
    return (status >> 8 & 0xFF, text)
  }
}
