import Glibc
import Storage
import SystemPackage
import Testing

/// From a text to generated text, on the command line.
@Suite struct PathTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try Workshop.folder()
  }

  private func metrics() throws -> [JSONObject] {
    try FileContents.read(folder.path.appending("run/metrics.jsonl"))
      .split(separator: UInt8(ascii: "\n"))
      .compactMap { try JSONValue.parse(Array($0)).object }
  }

  @Test func trainingLearns() throws {
    let lines = try metrics()
    #expect(lines.compactMap { $0["step"]?.integer } == Array(1...60))
    let losses = lines.compactMap { $0["loss"]?.double }
    #expect(losses.count == 60)
    // It begins at the loss of a uniform guess, ln 400 = 5.99, and learns more than frequencies.
    #expect(abs(losses[0] - 5.99) < 0.3)
    #expect(losses[59] < losses[0] - 2)
    for key in ["tokens", "learning_rate", "gradient_norm", "tokens_per_second", "seconds"] {
      #expect(lines.allSatisfy { $0[key]?.double != nil })
    }
    let validations = lines.filter { $0["validation_loss"] != nil }
    #expect(validations.count == 10)
    #expect(validations.allSatisfy { $0["validation_bits_per_byte"]?.double != nil })
  }

  @Test func evaluationAgreesWithTheLastValidation() throws {
    let report = try Program.run([
      "evaluate", "perplexity", "--model", folder("run"), "--data", folder("data"), "--json",
    ]).json()
    let last = try #require(try metrics().last)
    for (key, logged) in [
      ("loss", "validation_loss"), ("bits_per_byte", "validation_bits_per_byte"),
    ] {
      let found = try #require(report[key]?.double)
      let expected = try #require(last[logged]?.double)
      #expect(abs(found - expected) < 1e-5)
    }
    #expect(report["protocol"]?.string == "chunk")
  }

  /// `evaluate` on a file is the sum of `score` over it, whose ids are those of `encode`.
  @Test func scoreAndEvaluateAgree() throws {
    let text = "Mara found the boat and gave it to Nell."
    try folder.write(text, to: "one.txt")
    let ids = try Program.run([
      "tokenizer", "encode", "--text", text, "--tokenizer", folder("tokenizer"),
    ]).output
    let score = try Program.run([
      "score", "--model", folder("run"), "--ids", "0 \(ids)", "--json",
    ]).json()
    let logs = try #require(score["log_probabilities"]?.array)
    #expect(logs.first?.isNull == true)
    let total = logs.compactMap(\.double).reduce(0, +)
    #expect(abs(total - (score["total"]?.double ?? 0)) < 1e-9)

    let report = try Program.run([
      "evaluate", "perplexity", "--model", folder("run"), "--text", folder("one.txt"), "--json",
    ]).json()
    let tokens = try #require(report["tokens"]?.integer)
    #expect(tokens == Int64(logs.count - 1))
    #expect(report["bytes"]?.integer == Int64(text.utf8.count))
    #expect(report["words"]?.integer == 9)
    let loss = try #require(report["loss"]?.double)
    #expect(abs(loss * Double(tokens) + total) < 1e-4)
    #expect(report["protocol"]?.string == "document")
  }

  @Test func generationIsReproducible() throws {
    let arguments = [
      "generate", "--model", folder("run"), "--prompt", "Mara", "--max-tokens", "50", "--seed",
      "7",
    ]
    let streamed = try Program.run(arguments)
    #expect(streamed.status == 0)
    #expect(streamed.output.hasPrefix("Mara"))
    let report = try Program.run(arguments + ["--json", "--threads", "1"]).json()
    let sample = try #require(report["samples"]?.array?.first?.object)
    let text = try #require(sample["text"]?.string)
    #expect("Mara\(text)\n" == streamed.output)
    #expect(sample["finish_reason"]?.string == "length")
    #expect(sample["ids"]?.array?.count == 50)
    let ids = sample["ids"]?.array?.compactMap { $0.integer.map(String.init) } ?? []
    let decoded = try Program.run([
      "tokenizer", "decode", "--tokenizer", folder("tokenizer"), "--ids",
      ids.joined(separator: " "),
    ])
    #expect(decoded.output.contains(text))
  }

  @Test func generationStopsAtAText() throws {
    let report = try Program.run([
      "generate", "--model", folder("run"), "--prompt", "Ada found", "--max-tokens", "200",
      "--temperature", "0", "--stop", "gave", "--json",
    ]).json()
    let sample = try #require(report["samples"]?.array?.first?.object)
    #expect(sample["finish_reason"]?.string == "stop")
    #expect(sample["text"]?.string?.contains("gave") == false)
    #expect(sample["text"]?.string?.hasSuffix("and ") == true)
  }

  /// A run continued with --resume auto ends as the uninterrupted one.
  @Test func resumedRunEqualsTheWhole() throws {
    func train(_ run: String, _ more: [String]) throws -> Program.Result {
      try Program.run(
        [
          "pretrain", "--data", folder("data"), "-o", folder(run), "--depth", "1", "--width",
          "16", "--heads", "2", "--context", "16", "--batch", "4", "--steps", "20", "--seed", "5",
          "--quiet",
        ] + more)
    }
    #expect(try train("whole", []).status == 0)
    #expect(try train("part", ["--resume", "auto"]).status == 0)
    let checkpoint = folder.path.appending("part/checkpoints/step-00000018")
    #expect(FileSystem.kind(of: checkpoint) == .directory)
    try FileSystem.remove(folder.path.appending("part/checkpoints/step-00000020"))
    #expect(try train("part", ["--resume", "auto"]).status == 0)
    #expect(
      try FileContents.read(folder.path.appending("part/model.safetensors"))
        == FileContents.read(folder.path.appending("whole/model.safetensors")))
    // A finished run still knows how it went.
    let report = try train("part", ["--resume", "auto", "--json"]).json()
    let last = try #require(
      try FileContents.read(folder.path.appending("part/metrics.jsonl"))
        .split(separator: UInt8(ascii: "\n")).last
        .flatMap { try JSONValue.parse(Array($0)).object })
    #expect(report["loss"]?.double == last["loss"]?.double)
    #expect(report["validation_loss"]?.double == last["validation_loss"]?.double)
    #expect(report["tokens"]?.integer == 1280)
    // Another learning rate is another run.
    let changed = try train("part", ["--resume", "auto", "--learning-rate", "0.1"])
    #expect(changed.status == 64)
  }

  @Test func timeLimitStopsWithACheckpoint() throws {
    let arguments = [
      "pretrain", "--data", folder("data"), "-o", folder("limited"), "--depth", "1", "--width",
      "16", "--heads", "2", "--context", "16", "--batch", "4", "--steps", "1000000", "--seed",
      "5", "--max-time", "1s", "--resume", "auto",
    ]
    for _ in 0..<2 {
      let result = try Program.run(arguments)
      #expect(result.status == 75)
      #expect(result.errors.contains("--resume auto"))
    }
    let names = try FileSystem.names(in: folder.path.appending("limited/checkpoints"))
    #expect(names.count == 2)
  }

  /// A signal ends training after the step, with a checkpoint from which it goes on.
  @Test(arguments: [SIGINT, SIGTERM, SIGUSR1]) func signalsStopWithACheckpoint(number: Int32) throws
  {
    let run = folder("signalled\(number)")
    let arguments = [
      "pretrain", "--data", folder("data"), "-o", run, "--depth", "1", "--width", "16", "--heads",
      "2", "--context", "16", "--batch", "4", "--steps", "100000", "--seed", "5",
      "--save-at", "1",
    ]
    let (metrics, checkpoints) = (RunFiles(run).metrics, RunFiles(run).checkpoints)
    let first = checkpoints.appending("step-00000001")
    let result = try Program.run(arguments, interruption: (number, first))
    #expect(result.status == 75, "\(result.errors)")
    #expect(result.output.isEmpty)
    // The newest checkpoint is that of the last step in the log.
    let lines = try FileContents.read(metrics).split(separator: UInt8(ascii: "\n")).count
    let last = try #require(try FileSystem.names(in: checkpoints).max())
    #expect(Int(last.dropFirst("step-".count)) == lines)
  }

  private struct RunFiles {
    let metrics: FilePath
    let checkpoints: FilePath

    init(_ run: String) {
      metrics = FilePath(run).appending("metrics.jsonl")
      checkpoints = FilePath(run).appending("checkpoints")
    }
  }

  @Test func optionsMayComeFromAFile() throws {
    try folder.write(
      "{\"depth\": 1, \"width\": 16, \"heads\": 2, \"context\": 16, \"seed\": 3}", to: "c.json")
    let report = try Program.run([
      "pretrain", "--data", folder("data"), "-o", folder("dry"), "--config", folder("c.json"),
      "--depth", "2", "--dry-run", "--json",
    ]).json()
    let data = try Program.run(["data", "inspect", folder("data"), "--json"]).json()
    let vocabulary = try #require(data["vocabulary_size"]?.integer)
    // Vd + Td + L(3d² + 5d) with T = d = 16, L = 2.
    let expected = vocabulary * 16 + 16 * 16 + 2 * (3 * 256 + 5 * 16)
    #expect(report["parameters"]?.integer == expected)
    #expect(FileSystem.kind(of: folder.path.appending("dry")) == nil)
    try folder.write("{\"dept\": 1}", to: "typo.json")
    let typo = try Program.run([
      "pretrain", "--data", folder("data"), "-o", folder("dry"), "--config", folder("typo.json"),
    ])
    #expect(typo.status == 64)
    #expect(typo.errors.contains("typo.json: 'dept'"))
  }

  @Test func doctorNamesWhatItFinds() throws {
    let report = try Program.run(["doctor", "--json", "--threads", "1"]).json()
    for key in ["blas", "blas_kernel", "icu", "unicode", "zstd"] {
      #expect(report[key]?.string?.isEmpty == false)
    }
    #expect((report["sgemm_gflops"]?.double ?? 0) > 0.1)
    #expect(report["threads"]?.integer == 1)
  }
}
