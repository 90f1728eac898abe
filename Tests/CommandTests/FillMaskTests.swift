import Storage
import SystemPackage
import Testing

/// Masked models on the command line.
@Suite struct FillMaskTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try MaskedWorkshop.folder()
  }

  private func pretrain(_ run: String, _ more: [String] = []) -> [String] {
    [
      "pretrain", "--data", folder("masked-data"), "-o", folder(run), "--objective", "masked",
      "--depth", "1", "--width", "16", "--heads", "2", "--context", "16", "--batch", "4", "--seed",
      "5", "--steps", "20", "--quiet",
    ] + more
  }

  @Test func metricsHaveNoBitsPerByte() throws {
    let lines = try FileContents.read(folder.path.appending("masked-run/metrics.jsonl"))
      .split(separator: UInt8(ascii: "\n"))
      .compactMap { try JSONValue.parse(Array($0)).object }
    let losses = lines.compactMap { $0["validation_loss"]?.double }
    #expect(losses.count == 10)
    #expect(losses[9] < losses[0] - 0.5)
    #expect(lines.allSatisfy { $0["validation_bits_per_byte"] == nil })
    let report = try Program.run([
      "evaluate", "perplexity", "--model", folder("masked-run"), "--data", folder("masked-data"),
      "--json",
    ]).json()
    #expect(report["protocol"]?.string == "masked")
    #expect(report["bits_per_byte"]?.isNull == true)
    let loss = try #require(report["loss"]?.double)
    #expect(abs(loss - losses[9]) < 1e-5)
  }

  @Test func masksAreFilled() throws {
    let text = "Mara found the [MASK] and gave <mask> to Nell."
    let arguments = ["fill-mask", "--model", folder("masked-run"), text, "--top", "3"]
    let report = try Program.run(arguments + ["--json"]).json()
    let masks = try #require(report["masks"]?.array?.map { $0.array?.compactMap(\.object) ?? [] })
    #expect(masks.map(\.count) == [3, 3])
    for candidates in masks {
      let probabilities = candidates.compactMap { $0["probability"]?.double }
      #expect(probabilities.count == 3)
      #expect(probabilities == probabilities.sorted(by: >))
      #expect(probabilities.allSatisfy { 0 < $0 && $0 < 1 })
    }
    // The most probable tokens of both masks together make the first text of both.
    let best = masks.compactMap { $0[0]["token"]?.string }
    let filled = masks.compactMap { $0[0]["text"]?.string }
    #expect(filled == [filled[0], filled[0]])
    #expect(filled[0] == "Mara found the \(best[0]) and gave \(best[1]) to Nell.")
    let other = try #require(masks[1][1]["token"]?.string)
    #expect(masks[1][1]["text"]?.string == "Mara found the \(best[0]) and gave \(other) to Nell.")
    let plain = try Program.run(arguments)
    #expect(plain.status == 0)
    #expect(plain.output.contains(filled[0]))
    #expect(plain.output.split(separator: "\n").count == 6)
    // In this text "gave it to" is certain, and things are found.
    #expect(best[1] == "it")
  }

  /// Byte-level tokens begin with the space before them, which the mask stands for too.
  @Test func byteLevelMasksTakeTheirSpace() throws {
    let specials = ["<s>", "<pad>", "</s>", "<mask>"]
    for (arguments, status) in [
      (
        ["tokenizer", "train", folder("text.txt"), "--vocab-size", "400"]
          + ["-o", folder("bpe"), "--quiet", "--special"] + specials, 0
      ),
      (
        [
          "data", "pack", folder("text.txt"), "--tokenizer", folder("bpe"), "-o",
          folder("bpe-data"), "--quiet",
        ], 0
      ),
      (
        pretrain("bpe-run").map { $0 == folder("masked-data") ? folder("bpe-data") : $0 }
          + ["--whole-word-masking"], 0
      ),
    ] as [([String], Int32)] {
      let result = try Program.run(arguments)
      #expect(result.status == status, "\(result.errors)")
    }
    let report = try Program.run([
      "fill-mask", "--model", folder("bpe-run"), "Mara found <mask> boat.", "--json",
    ]).json()
    for candidate in report["masks"]?.array?.first?.array?.compactMap(\.object) ?? [] {
      let token = try #require(candidate["token"]?.string)
      #expect(candidate["text"]?.string == "Mara found\(token) boat.")
    }
  }

  @Test func aRunIsContinued() throws {
    #expect(try Program.run(pretrain("masked-whole", ["--mask-rate", "0.3"])).status == 0)
    #expect(try Program.run(pretrain("masked-part", ["--mask-rate", "0.3"])).status == 0)
    try FileSystem.remove(folder.path.appending("masked-part/checkpoints/step-00000020"))
    let again = [
      "pretrain", "--data", folder("masked-data"), "-o", folder("masked-part"), "--resume", "auto",
      "--quiet",
    ]
    let result = try Program.run(again)
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      try FileContents.read(folder.path.appending("masked-part/model.safetensors"))
        == FileContents.read(folder.path.appending("masked-whole/model.safetensors")))
    for change in [["--mask-rate", "0.2"], ["--whole-word-masking"], ["--objective", "causal"]] {
      #expect(try Program.run(again + change).status == 64)
    }
  }

  @Test func badInput() throws {
    func expectFailure(_ words: [String], _ arguments: [String]) throws {
      let result = try Program.run(arguments)
      #expect(result.status == 64, "\(result.errors)")
      #expect(result.output.isEmpty)
      for word in words { #expect(result.errors.contains(word), "\(result.errors)") }
    }
    let (masked, causal) = (folder("masked-run"), folder("run"))
    try expectFailure(["no mask", "[MASK]"], ["fill-mask", "--model", masked, "The boat."])
    try expectFailure(["causal"], ["fill-mask", "--model", causal, "The [MASK]."])
    try expectFailure(["--top"], ["fill-mask", "--model", masked, "The [MASK].", "--top", "0"])
    let long = Array(repeating: "boat", count: 40).joined(separator: " ")
    try expectFailure(["10 tokens"], ["fill-mask", "--model", masked, "\(long) [MASK]"])
    try expectFailure(
      ["context", "at least 3"],
      [
        "evaluate", "perplexity", "--model", masked, "--data", folder("masked-data"), "--context",
        "2",
      ])
    try expectFailure(["masked"], ["generate", "--model", masked, "--prompt", "Mara"])
    // The causal tokenizer has no mask.
    let wrong = pretrain("none").map { $0 == folder("masked-data") ? folder("data") : $0 }
    try expectFailure(["[MASK] or <mask>", "--special"], wrong)
    try expectFailure(["[MASK]"], wrong + ["--dry-run"])
    for option in [["--mask-rate", "0"], ["--mask-rate", "1.5"], ["--context", "2"]] {
      try expectFailure([], pretrain("none", option))
    }
    try expectFailure(
      ["--objective masked"],
      ["pretrain", "--data", folder("data"), "-o", folder("none"), "--mask-rate", "0.2"])
    #expect(FileSystem.kind(of: folder.path.appending("none")) == nil)
  }
}
