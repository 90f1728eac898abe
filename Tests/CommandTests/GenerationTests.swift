import Glibc
import Storage
import SystemPackage
import Testing

/// `generate` and `bench generation` as a user calls them.
@Suite struct GenerationTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func generate(_ more: [String], input: String = "") throws -> Program.Result {
    try Program.run(["generate", "--model", shop("run"), "--seed", "3"] + more, input: input)
  }

  private func samples(_ more: [String], input: String = "") throws -> [JSONObject] {
    let report = try generate(more + ["--json"], input: input).json()
    return try #require(report["samples"]?.array).compactMap(\.object)
  }

  private func text(_ more: [String]) throws -> String {
    try #require(try samples(more).first?["text"]?.string)
  }

  @Test func promptsComeFromFilesAndStandardInput() throws {
    let options = ["--max-tokens", "12"]
    let expected = try text(["--prompt", "Mara found\nthe"] + options)
    try folder.write("Mara found\nthe\n", to: "prompt.txt")
    #expect(try text(["--prompt-file", folder("prompt.txt")] + options) == expected)
    try folder.write("Mara found\nthe\r\n", to: "windows.txt")
    #expect(try text(["--prompt-file", folder("windows.txt")] + options) == expected)
    let read = try samples(["-f", "-"] + options, input: "Mara found\nthe")
    #expect(read[0]["text"]?.string == expected)
  }

  @Test func manyPromptsComeFromLines() throws {
    let prompts = ["Mara found", "", "Ada"]
    let lines = prompts.map { "{\"words\": \"\($0)\"}\n" }.joined()
    try folder.write(lines, to: "prompts.jsonl")
    let file = ["-f", folder("prompts.jsonl"), "--text-field", "words", "--max-tokens", "9"]
    let found = try samples(file + ["--samples", "2"])
    #expect(found.compactMap { $0["prompt"]?.integer } == [0, 0, 1, 1, 2, 2])
    for (index, prompt) in prompts.enumerated() {
      let alone = try samples(["--prompt", prompt, "--max-tokens", "9", "--samples", "2"])
      #expect(
        alone.map { $0["text"]?.string }
          == found[2 * index...2 * index + 1].map { $0["text"]?.string })
    }
    let shown = try generate(file).output
    #expect(shown.hasPrefix("--- 1\nMara found"))
    #expect(shown.contains("\n--- 3\nAda"))
  }

  @Test func echoPutsThePromptBefore() throws {
    let options = ["--prompt", "Mara", "--max-tokens", "8"]
    let written = try text(options)
    #expect(try generate(options).output == "Mara\(written)\n")
    #expect(try generate(options + ["--no-echo"]).output == "\(written)\n")
    #expect(try text(options + ["--echo"]) == "Mara" + written)
  }

  @Test func textsEndWhereTheyShould() throws {
    let options = ["--prompt", "Mara found", "--max-tokens", "60", "--temperature", "0"]
    let whole = try text(options)
    let early = try samples(options + ["--stop", "gave", "--stop", "and"])[0]
    #expect(early["finish_reason"]?.string == "stop")
    let end = try #require(early["text"]?.string)
    #expect(whole.hasPrefix(end) && !end.contains("and"))
    let late = try samples(options + ["--stop", "and", "--min-tokens", "12"])[0]
    #expect((late["ids"]?.array?.count ?? 0) > 12)
    #expect(try text(options + ["--ban", "and"]).contains(" and") == false)
  }

  /// Every token's logarithm of probability is that which `score` gives.
  @Test func logarithmsAreThoseOfScore() throws {
    let sample = try samples(["--prompt", "Mara", "--max-tokens", "10", "--logprobs", "3"])[0]
    let judged = try #require(sample["logprobs"]?.array).compactMap(\.object)
    #expect(judged.allSatisfy { $0["top"]?.array?.count == 3 })
    let prompt = try Program.run(
      ["tokenizer", "encode", "--tokenizer", shop("tokenizer"), "--text", "Mara"]
    ).output.split(separator: " ").compactMap { Int64($0.filter(\.isNumber)) }
    let ids = prompt + judged.compactMap { $0["id"]?.integer }
    let report = try Program.run([
      "score", "--model", shop("run"), "--ids", ids.map(String.init).joined(separator: " "),
      "--json",
    ]).json()
    let expected = try #require(report["log_probabilities"]?.array).suffix(judged.count)
    for (token, value) in zip(judged, expected) {
      let (found, expected) = (token["logprob"]?.double ?? 1, value.double ?? 2)
      #expect(abs(found - expected) < 1e-4)
    }
  }

  @Test func longTextsSaySo() throws {
    let result = try generate(["--prompt", "Mara", "--max-tokens", "80"])
    #expect(result.status == 0)
    let notes = result.errors.split(separator: "\n").filter { $0.contains("context of 32 tokens") }
    #expect(notes.count == 1)
    let short = try generate(["--prompt", "Mara", "--max-tokens", "20", "--strict-context"])
    #expect(short.status == 0 && short.errors.isEmpty)
  }

  /// Where text and notes go to one place, a note begins a line behind the text.
  @Test func notesDoNotInterruptTexts() throws {
    let options = ["--prompt", "Mara", "--max-tokens", "80", "--seed", "3"]
    let process = try Program.start(
      ["generate", "--model", shop("run")] + options, of: "crate-lm",
      on: [
        (0, "/dev/null", O_RDONLY), (1, folder("both"), O_WRONLY | O_CREAT | O_APPEND),
        (2, folder("both"), O_WRONLY | O_APPEND),
      ])
    waitpid(process, nil, 0)
    let both = String(decoding: try FileContents.read(FilePath(folder("both"))), as: UTF8.self)
    let written = try text(Array(options.dropLast(2)))
    #expect(both.hasPrefix("Mara\(written)\n"), "\(both)")
    #expect(both.contains("\nThe text is longer than the model's context"), "\(both)")
  }

  @Test func typedLinesAreContinuedOneByOne() throws {
    let options = ["--max-tokens", "6"]
    let answers = try ["Mara", "Ada found"].map { try text(["--prompt", $0] + options) }
    let result = try generate(["--interactive"] + options, input: "Mara\nAda found\n")
    #expect(result.output == answers.map { $0 + "\n" }.joined())
    let continued = try text(["--prompt", "Mara" + answers[0]] + options)
    let again = try generate(["--interactive"] + options, input: "Mara\n\n")
    #expect(again.output == "\(answers[0])\n\(continued)\n")
  }

  @Test(arguments: ["bf16", "int8"]) func formatsKeepTheModel(format: String) throws {
    let options = ["--prompt", "Mara found the", "--max-tokens", "40", "--weights", format]
    #expect(try text(options + ["--threads", "1"]) == text(options + ["--threads", "2"]))
    func loss(_ more: [String]) throws -> Double {
      let report = try Program.run(
        ["evaluate", "perplexity", "--model", shop("run"), "--text", shop("text.txt"), "--json"]
          + more
      ).json()
      #expect(report["weights"]?.string == more.last ?? "fp32")
      return try #require(report["loss"]?.double)
    }
    let (exact, rounded) = (try loss([]), try loss(["--weights", format]))
    #expect(rounded != exact)
    #expect(abs(rounded - exact) < 0.01)
  }

  @Test func speedIsMeasured() throws {
    let shape = ["--depth", "2", "--width", "32", "--heads", "2", "--vocabulary", "100"]
    for model in [shape, ["--model", shop("run"), "--weights", "int8"]] {
      let report = try Program.run(
        ["bench", "generation", "--tokens", "20", "--json"] + model
      ).json()
      for key in ["tokens_per_second", "bytes_per_token", "memory_gbytes_per_second"] {
        #expect((report[key]?.double ?? Double(report[key]?.integer ?? 0)) > 0, "\(key)")
      }
    }
  }
}
