import Glibc
import Storage
import SystemPackage
import Testing

/// What the program of commit a74b987 wrote (`Tests/Fixtures/a74b987/make.sh`) is read, continued
/// and exported as that program did.
@Suite struct EarlierFilesTests {
  private static let fixture = FilePath(#filePath).removingLastComponent().removingLastComponent()
    .appending("Fixtures/a74b987")

  /// A run of the fixture.
  struct Run: CustomStringConvertible, Sendable {
    let architecture: String
    let objective: String

    var description: String { "\(architecture)-\(objective)" }
    var tokenizer: String { objective == "causal" ? "bpe" : "wordpiece" }

    static let all = ["causal", "masked"].flatMap { objective in
      ["crate", "crate-overcomplete", "crate-alpha", "transformer"].map {
        Run(architecture: $0, objective: objective)
      }
    }
  }

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private static func path(_ name: String) -> String { fixture.appending(name).string }

  private static func text(_ name: String) throws -> String {
    String(decoding: try FileContents.read(fixture.appending(name)), as: UTF8.self)
  }

  private static func expected(_ name: String) throws -> JSONValue {
    try JSONValue.parse(FileContents.read(fixture.appending("expected").appending(name)))
  }

  /// Copies a run, which gets a second name for the weights of its checkpoint.
  private func copy(_ run: Run) throws {
    let (source, target) = (Self.fixture.appending("runs/\(run)"), folder.path.appending("run"))
    let checkpoint = "checkpoints/step-00000004"
    try FileSystem.createDirectory(target)
    try FileSystem.createDirectory(target.appending("checkpoints"))
    try FileSystem.createDirectory(target.appending(checkpoint))
    for part in ["", checkpoint] {
      for name in try FileSystem.names(in: source.appending(part)) where name != "checkpoints" {
        try FileContents.copy(
          source.appending(part).appending(name), to: target.appending(part).appending(name))
      }
    }
    let weights = "model.safetensors"
    try #require(
      FileSystem.link(
        target.appending(checkpoint).appending(weights), as: target.appending(weights)))
  }

  /// What numbers may differ by, of themselves or of 1 if they are smaller: processors sum in
  /// different orders, which with the kernels of OpenBLAS for one without AVX changes none of them
  /// by more than 2·10⁻⁷.
  private static let tolerance = 1e-5

  /// Everything in `expected` is in `found`; times differ.
  private func expect(
    _ found: JSONValue?, _ expected: JSONValue, _ place: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try #require(found, "\(place) is missing", sourceLocation: sourceLocation)
    if let object = expected.object {
      for (key, value) in zip(object.keys, object.values)
      where !["seconds", "time", "tokens_per_second"].contains(key) {
        try expect(
          found.object?[key], value, "\(place).\(key)",
          sourceLocation: sourceLocation)
      }
    } else if let array = expected.array {
      #expect(found.array?.count == array.count, "\(place)", sourceLocation: sourceLocation)
      for (index, value) in array.enumerated() {
        try expect(
          found.array?.dropFirst(index).first, value, "\(place)[\(index)]",
          sourceLocation: sourceLocation)
      }
    } else if case .number(let value) = expected, let number = found.double {
      #expect(
        abs(number - value) <= Self.tolerance * max(1, abs(value)), "\(place)",
        sourceLocation: sourceLocation)
    } else {
      #expect(found == expected, "\(place)", sourceLocation: sourceLocation)
    }
  }

  /// What the program prints is what it printed.
  private func expectOutput(
    _ file: String, _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try expect(
      .object(Program.run(arguments + ["--json"]).json(sourceLocation: sourceLocation)),
      Self.expected(file), sourceLocation: sourceLocation)
  }

  @Test(arguments: ["bpe", "wordpiece"]) func tokenizersAndData(kind: String) throws {
    let data = Self.path("data-\(kind)")
    try expectOutput("inspect-\(kind).json", ["data", "inspect", data])
    try expectOutput("inspect-\(kind).json", ["data", "verify", data])
    // The text gives the same vocabulary, and that the same data.
    let size = kind == "bpe" ? "280" : "120"
    for arguments in [
      [
        "tokenizer", "train", Self.path("text"), "--type", kind, "--vocab-size", size, "-o",
        folder("tokenizer"),
      ],
      [
        "data", "pack", Self.path("text"), "--tokenizer", Self.path(kind), "--validation", "0.2",
        "-o", folder("data"),
      ],
    ] {
      let result = try Program.run(arguments + ["--quiet"])
      #expect(result.status == 0, "\(result.errors)")
    }
    for tokenizer in [Self.path(kind), "\(data)/tokenizer.json", folder("tokenizer")] {
      try expectOutput(
        "encode-\(kind).json",
        [
          "tokenizer", "encode", "--tokenizer", tokenizer, "--text",
          "Señor Tobin counted — nine  sheep, 1234 东 times.",
        ])
    }
    // Which part is held out is chosen otherwise since; the text is the same.
    let inspections = try [folder("data"), data].map {
      try Program.run(["data", "inspect", $0, "--json"]).json()
    }
    for key in ["tokens", "documents", "bytes", "tokenizer", "vocabulary_size"] {
      #expect(inspections[0][key] != nil && inspections[0][key] == inspections[1][key], "\(key)")
    }
    for file in ["token-byte-counts.bin", "tokenizer.json"] {
      #expect(
        try FileContents.read(folder.path.appending("data/\(file)"))
          == FileContents.read(Self.fixture.appending("data-\(kind)/\(file)")), "\(file)")
    }
  }

  @Test(arguments: Run.all) func runsAreRead(run: Run) throws {
    try copy(run)
    let model = folder("run")
    let verified = try Program.run(["checkpoint", "verify", model, "--json"]).json()
    #expect(verified["parts"]?.array?.allSatisfy { $0.object?["every_bit"] == .bool(true) } == true)
    let data = Self.path("data-\(run.tokenizer)")
    try expectOutput(
      "\(run)/perplexity.json", ["evaluate", "perplexity", "--model", model, "--data", data])
    var models = [model]
    if FileSystem.kind(of: Self.fixture.appending("exports/\(run)")) != nil {
      models.append(Self.path("exports/\(run)"))
    }
    for model in models {
      try expectOutput(
        "\(run)/score.json", ["score", "--model", model, "--text", "The sheep sleep in the rain."])
      if run.objective == "causal" {
        try expectOutput(
          "\(run)/generate.json",
          [
            "generate", "--model", model, "--prompt", "The sheep", "--max-tokens", "20", "--seed",
            "3",
          ])
      } else {
        try expectOutput(
          "\(run)/fill-mask.json",
          ["fill-mask", "--model", model, "The [MASK] sleep in the [MASK]."])
      }
    }
  }

  @Test(arguments: Run.all) func runsAreExported(run: Run) throws {
    try copy(run)
    let result = try Program.run(
      ["export", "--model", folder("run"), "--format", "huggingface", "-o", folder("export")])
    #expect(result.status == 0, "\(result.errors)")
    for line in try Self.text("expected/\(run)/export.sha256").split(separator: "\n") {
      let words = line.split(separator: " ")
      let bytes = try FileContents.read(folder.path.appending("export/\(words[1])"))
      #expect(Fingerprint(of: bytes).description == words[0], "\(words[1])")
    }
  }

  @Test(arguments: Run.all) func runsGoOn(run: Run) throws {
    try copy(run)
    let result = try Program.run([
      "pretrain", "--data", Self.path("data-\(run.tokenizer)"), "-o", folder("run"), "--objective",
      run.objective, "--architecture", run.architecture, "--depth", "2", "--width", "8", "--heads",
      "2", "--context", "16", "--batch", "4", "--microbatch", "2", "--steps", "8", "--eval-every",
      "2", "--save-every", "4", "--sample-every", "8", "--keep", "2", "--learning-rate", "0.02",
      "--seed", "7", "--threads", "2", "--resume", "auto", "--quiet",
    ])
    #expect(result.status == 0, "\(result.errors)")
    let found = try metrics(in: folder.path.appending("run"))
    let expected = try metrics(in: Self.fixture.appending("expected/\(run)"))
    #expect(found.count == 8 && expected.count == 8)
    for (found, expected) in zip(found, expected) {
      try expect(found, expected)
    }
    // The same bits, where the machine is one that they were recorded on.
    guard let kernels = try Self.recordedKernels.get() else { return }
    let digests = try ["model", "optimizer"].map {
      try Fingerprint(
        of: numbers(folder.path.appending("run/checkpoints/step-00000008/\($0).safetensors")))
    }
    let recorded = try Self.text("expected/\(kernels)/\(run).sha256").split(separator: "\n")
    #expect(digests.map(\.description) == recorded.map(String.init))
  }

  /// The kernels of the BLAS that this machine uses, if it has the processor and the libraries of
  /// the one where the continued runs were recorded with them; none under a sanitizer, for which
  /// the program's arithmetic is compiled in another way.
  private static let recordedKernels = Result<String?, any Error> {
    let found = try Program.run(["doctor", "--json"]).json()
    guard unsafe getenv("CRATE_LM_SANITIZER") == nil, let kernels = found["blas_kernel"]?.string,
      FileSystem.kind(of: fixture.appending("expected/\(kernels)")) != nil,
      let recorded = try expected("\(kernels)/doctor.json").object
    else { return nil }
    let isSame = ["processor", "instruction_sets", "blas"].allSatisfy { found[$0] == recorded[$0] }
    return isSame ? kernels : nil
  }

  /// The lines of the metrics in `folder`.
  private func metrics(in folder: FilePath) throws -> [JSONValue] {
    try FileContents.read(folder.appending("metrics.jsonl")).split(separator: UInt8(ascii: "\n"))
      .map { try JSONValue.parse(Array($0)) }
  }

  /// What follows the header of a safetensors file, whose length its first 8 bytes give.
  private func numbers(_ path: FilePath) throws -> [UInt8] {
    let bytes = try FileContents.read(path)
    return Array(bytes.dropFirst(8 + bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }))
  }
}
