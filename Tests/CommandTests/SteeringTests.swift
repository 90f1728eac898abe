import Glibc
import Storage
import Testing

/// `generate --steer` and `--ablate` as a user calls them.
@Suite struct SteeringTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func generate(_ more: [String]) -> [String] {
    ["generate", shop("run"), "--seed", "3", "-n", "12", "-p", "Mara found"] + more
  }

  private func text(_ report: JSONObject) throws -> String {
    try #require(report["samples"]?.array?.first?.object?["text"]?.string)
  }

  /// The text changes, and the report says how and at how many tokens.
  @Test func reportsSayWhatWasSteered() throws {
    let plain = try Program.run(generate(["--json"])).json()
    #expect(plain["steered"] == nil && plain["steered_positions"] == nil)
    let run = try Program.run(generate(["--steer", "1:5=9", "--steer", "0:2*=-1", "--json"]))
    let steered = try run.json()
    #expect(try text(steered) != text(plain))
    #expect(steered["steered"]?.array?.compactMap(\.string) == ["1:5=9.0", "0:2*=-1.0"])
    #expect(steered["steer_at"]?.string == "written")
    let ids = try #require(steered["samples"]?.array?.first?.object?["ids"]?.array)
    #expect(steered["steered_positions"]?.integer == Int64(ids.count))
    #expect(run.errors.contains("Steered 1:5=9.0, 0:2*=-1.0 at \(ids.count) positions."))
    let all = try Program.run(
      generate(["--steer", "1:5=9", "--steer-at", "all", "--json"])
    ).json()
    #expect(all["steered_positions"]?.integer ?? 0 > 12)
    let shown = try Program.run(generate(["--steer", "1:5=9"]))
    #expect(shown.errors.contains("Steered 1:5=9.0 at "))
  }

  /// An ablated unit is a unit set to zero; a factor of 1 changes nothing.
  @Test func ablatedUnitsAreZero() throws {
    let every = (0..<16).flatMap { ["--ablate", "1:\($0)"] }
    let zero = (0..<16).flatMap { ["--steer", "1:\($0)=0"] }
    let ablated = try text(Program.run(generate(every + ["--json"])).json())
    #expect(try text(Program.run(generate(zero + ["--json"])).json()) == ablated)
    let plain = try text(Program.run(generate(["--json"])).json())
    #expect(plain != ablated)
    #expect(try text(Program.run(generate(["--steer", "1:3*=1", "--json"])).json()) == plain)
  }

  /// The perplexity of the steered texts is what `score` says of them.
  @Test func costsInFluencyAreMeasured() throws {
    let run = try Program.run(
      generate(["--steer", "1:7=9", "--fluency", "--samples", "2", "--json"]))
    let found = try #require(run.json()["perplexity"]?.object)
    let steered = try #require(found["steered"]?.double)
    let unsteered = try #require(found["unsteered"]?.double)
    let prompt = try Program.run([
      "tokenizer", "encode", "--tokenizer", shop("run/tokenizer.json"), "--text", "Mara found",
    ]).output.split(whereSeparator: \.isWhitespace).map(String.init)
    let logs = try (run.json()["samples"]?.array ?? []).flatMap { sample in
      let ids = sample.object?["ids"]?.array?.compactMap(\.integer).map { "\($0)" } ?? []
      let scored = try Program.run([
        "score", shop("run"), "--ids", (prompt + ids).joined(separator: " "), "--json",
      ]).json()
      return (scored["log_probabilities"]?.array ?? []).dropFirst(prompt.count).compactMap(\.double)
    }
    let expected = exp(-logs.reduce(0, +) / Double(logs.count))
    #expect(logs.count > 10 && abs(steered - expected) < 1e-6 * expected)
    #expect(found["random"]?.double ?? 0 > 1)
    #expect(unsteered > 1 && steered > unsteered)
    let units = found["random_units"]?.array?.compactMap(\.string) ?? []
    #expect(units.count == 1 && units[0].hasPrefix("1:") && units[0].hasSuffix("=9.0"))
    let shown = try Program.run(generate(["--ablate", "1:5", "--fluency"]))
    #expect(shown.errors.contains("Perplexity by the unsteered model: "))
  }

  @Test func impossibleRequestsAreRefused() throws {
    try Program.expectFailure(64, ["no unit 2:0", "0 to 1"], generate(["--steer", "2:0=1"]))
    try Program.expectFailure(64, ["no unit 0:32", "0 to 31"], generate(["--ablate", "0:32"]))
    try Program.expectFailure(
      64, ["0:1=nan", "expected a number"], generate(["--steer", "0:1=nan"]))
    try Program.expectFailure(
      64, ["0:1 is changed twice"], generate(["--steer", "0:1=1", "--ablate", "0:1"]))
    try Program.expectFailure(64, ["layer:unit=value"], generate(["--steer", "0:1"]))
    try Program.expectFailure(64, ["layer:unit"], generate(["--ablate", "1"]))
    try Program.expectFailure(64, ["--steer-at and --fluency"], generate(["--steer-at", "all"]))
    try Program.expectFailure(
      64, ["leave --interactive out"],
      ["generate", shop("run"), "--interactive", "--ablate", "0:1", "--fluency"])
    let masked = try MaskedWorkshop.folder()("masked-run")
    try Program.expectFailure(
      64, ["masked"], ["generate", masked, "-p", "Mara", "--steer", "0:1=1"])
    let run = folder("attention-only")
    let pretrain = [
      "pretrain", "--data", shop("data"), "-o", run, "--architecture", "attention-only",
      "--depth", "1", "--width", "16", "--heads", "2", "--context", "16", "--batch", "2",
      "--steps", "1", "--quiet",
    ]
    #expect(try Program.run(pretrain).status == 0)
    try Program.expectFailure(
      64, ["attention-only", "no codes"],
      ["generate", run, "-p", "Mara", "--ablate", "0:0"])
  }
}
