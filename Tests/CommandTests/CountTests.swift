import CRATELM
import Storage
import SystemPackage
import Testing
import TextModels

/// Counts, rates and sizes as they are told.
@Suite struct CountTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  @Test func nounsAgreeWithTheirNumber() {
    #expect([0, 1, 2].map { $0.counting("token") } == ["0 tokens", "1 token", "2 tokens"])
    #expect([1, 3].map { $0.counting("entry") } == ["1 entry", "3 entries"])
    #expect((-1).counting("step") == "-1 steps")
  }

  @Test func ratesHaveADecimalWhereItTells() {
    #expect([0.04, 12.34, 99.94].map(Quantity.rate) == ["0.0", "12.3", "99.9"])
    #expect([99.96, 100.4, 12333.3].map(Quantity.rate) == ["100", "100", "12333"])
  }

  @Test func sharesAreOfAWhole() {
    #expect([0, 0.526, 1].map(Quantity.share) == ["0 % of", "53 % of", "100 % of"])
    #expect(Quantity.share(1.993) == "1.99 times")
  }

  /// One of anything is told in the singular.
  @Test func oneIsSingular() throws {
    let data = try Program.run(["data", "inspect", shop("data")]).output
    #expect(data.contains(" tokens, 1 document, ") && data.contains(" 1 shard\n"), "\(data)")
    let learnt = try Program.run([
      "pretrain", "--data", shop("data"), "-o", folder("run"), "--depth", "1", "--width", "16",
      "--heads", "1", "--context", "16", "--batch", "1", "--steps", "1", "--threads", "1",
    ]).errors
    #expect(learnt.contains(", 1 head, ") && learnt.contains(", 1 thread, "), "\(learnt)")
    #expect(learnt.contains("\n1 step of 16 tokens") && learnt.contains("after 1 step in"))
    try Program.expectFailure(
      64, ["has 1 token and", "may follow"],
      ["generate", shop("run"), "-p", "M", "-n", "40", "--strict-context"])
    let masked = try MaskedWorkshop.folder()("masked-run")
    let bits = ["plot", masked, "--measure", "bits-per-byte"]
    try Program.expectFailure(64, ["\(masked) has no bits-per-byte;"], bits)
  }

  /// An instant tells no speed.
  @Test func speedsNeedTime() throws {
    #expect(Quantity.speed(6, seconds: 0.0005) == nil)
    #expect(Quantity.speed(6, seconds: 0.1) == "60.0")
    let generate = [
      "generate", shop("run"), "-p", "Mara", "--seed", "1", "-n", "60000", "--min-tokens", "60000",
    ]
    let screen = try Program.runOnTerminal(generate, columns: 80).screen
    #expect(screen.contains(/\n[\d.]+ tokens\/s\n/), "\(screen)")
  }

  /// The hint at the end of packing suits the text and its tokenizer.
  @Test func hintsSuitTheData() throws {
    let masked = try MaskedWorkshop.folder()
    func hint(_ copies: Int, _ tokenizer: String) throws -> String? {
      try folder.write(String(repeating: Workshop.text, count: copies), to: "text.txt")
      let packed = try Program.run([
        "data", "pack", folder("text.txt"), "--tokenizer", masked(tokenizer), "-o", folder("data"),
        "--overwrite",
      ])
      let last = packed.errors.split(separator: "\n").last.map(String.init)
      return last?.replacing(folder("data"), with: "DIR")
    }
    let next = "Next: crate-lm pretrain --data DIR -o run"
    #expect(try hint(1, "tokenizer") == "\(next) --preset nano --epochs 10")
    #expect(try hint(40, "tokenizer") == "\(next) --preset tiny --epochs 10")
    #expect(try hint(1, "wordpiece") == "\(next) --objective masked --preset nano --epochs 40")
  }

  /// Each text of a mixture has its label in a dry run.
  @Test func textsAreLabelled() throws {
    let pack = ["data", "pack", shop("text.txt"), "--tokenizer", shop("tokenizer"), "-o"]
    #expect(try Program.run(pack + [folder("more"), "--validation", "0.1"]).status == 0)
    let (one, two) = (["--data", shop("data")], ["--data", folder("more")])
    let dry = ["pretrain", "-o", folder("dry"), "--dry-run", "--steps", "1"]
    let single = try Program.run(dry + one).output
    #expect(single.contains(/\ndata: \d+ tokens to learn from/), "\(single)")
    let mixed = try Program.run(dry + one + two).output
    for path in [shop("data"), folder("more")] {
      #expect(mixed.contains("\ntext \(path): "), "\(mixed)")
    }
  }
}
