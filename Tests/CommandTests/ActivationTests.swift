import Storage
import SystemPackage
import Testing

/// `analyze activations` as people use it.
@Suite struct ActivationTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func arguments(_ more: [String], names: [String] = ["*.code"]) -> [String] {
    ["analyze", "activations", shop("run"), "--names"] + names + more
  }

  private func sha256(_ path: String) throws -> String {
    try FileSummary.read(FilePath(path)).sha256.description
  }

  /// The keys that others rely on, and fingerprints as any other program computes them.
  @Test func activationsAreWritten() throws {
    let output = folder("a.safetensors")
    let found = try Program.run(
      arguments(
        ["--text", shop("text.txt"), "-o", output, "--tokens", "640", "--json"],
        names: ["layers.1.ista.code", "*.weights"])
    ).json()
    #expect(found["output"]?.string == output && found["sequences"]?.integer == 20)
    #expect(found["context"]?.integer == 32)
    #expect(found["bytes"]?.integer == Int64(try FileSystem.byteCount(of: FilePath(output))))
    let tensors = found["tensors"]?.array?.compactMap(\.object) ?? []
    let shapes = tensors.map { $0["shape"]?.array?.compactMap(\.integer) }
    #expect(
      tensors.map { $0["name"]?.string } == [
        "token_ids", "layers.0.attention.weights", "layers.1.attention.weights",
        "layers.1.ista.code",
      ])
    #expect(shapes == [[20, 32], [20, 2, 32, 32], [20, 2, 32, 32], [20, 32, 32]])
    let header = try SafeTensorsReader(FilePath(output)).header
    let metadata = Dictionary(uniqueKeysWithValues: header.metadata.map { ($0.key, $0.value) })
    for (key, file) in [
      ("model_sha256", "run/model.safetensors"), ("tokenizer_sha256", "run/tokenizer.json"),
      ("data_sha256", "text.txt"),
    ] {
      #expect(try metadata[key] == sha256(shop(file)))
      #expect(metadata[key] == found[key]?.string)
    }
    let encode = ["tokenizer", "encode", shop("text.txt"), "--tokenizer", shop("tokenizer")]
    let ids = try Program.run(encode).output.split(separator: " ").prefix(640).map { Int32($0) }
    let entry = try #require(header.entries.first)
    let bytes = try FileReader(FilePath(output)).read(
      SafeTensorsReader(FilePath(output)).dataOffset..<SafeTensorsReader(FilePath(output))
        .dataOffset + entry.range.count)
    #expect((0..<640).map { bytes.littleEndian(at: 4 * $0, as: Int32.self) } == ids)
  }

  /// Text, standard input and packed data give the same numbers; threads change no bit.
  @Test func sourcesMakeNoDifference() throws {
    let text = try FileContents.read(shop.path.appending("text.txt"))
    let sources = [
      ["--text", shop("text.txt")], ["--text", "-", "-t", "1"],
      ["--data", shop("data"), "--split", "train"],
    ]
    var tensors: [[UInt8]] = []
    for source in sources {
      let output = folder("a.safetensors")
      let result = try Program.run(
        arguments(source + ["-o", output, "--tokens", "500", "--overwrite"], names: ["*"]),
        input: String(decoding: text, as: UTF8.self))
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.contains("15 sequences of 32 tokens"))
      let reader = try SafeTensorsReader(FilePath(output))
      tensors.append(Array(try FileContents.read(FilePath(output))[reader.dataOffset...]))
      let split = reader.header.metadata.first { $0.key == "split" }?.value
      #expect(split == (source.contains("--split") ? "train" : nil))
    }
    #expect(tensors[0] == tensors[1] && tensors[0] == tensors[2])
  }

  /// A masked model sees its text whole, in the frame of its special tokens.
  @Test func maskedModelsAreFramed() throws {
    let shop = try MaskedWorkshop.folder()
    let output = folder("a.safetensors")
    let result = try Program.run([
      "analyze", "activations", shop("masked-run"), "--data", shop("masked-data"), "--split",
      "train", "--tokens", "100", "--names", "head.input", "-o", output, "-q",
    ])
    #expect(result.status == 0, "\(result.errors)")
    let reader = try SafeTensorsReader(FilePath(output))
    #expect(reader.tensors.map(\.shape) == [[10, 12], [10, 12, 64]])
    let bytes = try reader.file.read(reader.dataOffset..<reader.dataOffset + 480)
    let ids = (0..<120).map { bytes.littleEndian(at: 4 * $0, as: Int32.self) }
    for row in 0..<10 {
      #expect(ids[row * 12] == ids[0] && ids[row * 12 + 11] == ids[11] && ids[0] != ids[11])
    }
  }

  @Test func existingFilesAreKept() throws {
    try folder.write("kept", to: "a.safetensors")
    let output = ["--text", shop("text.txt"), "-o", folder("a.safetensors"), "--tokens", "64"]
    try Program.expectFailure(73, ["exists", "--overwrite"], arguments(output))
    #expect(try FileContents.read(folder.path.appending("a.safetensors")) == Array("kept".utf8))
    #expect(try Program.run(arguments(output + ["--overwrite"])).status == 0)
    _ = try SafeTensorsReader(folder.path.appending("a.safetensors"))
    try Program.expectFailure(
      73, ["directory"],
      arguments(["--text", shop("text.txt"), "-o", folder.path.string, "--overwrite"]))
    try Program.expectFailure(
      73, ["cannot be created"],
      arguments(["--text", shop("text.txt"), "-o", folder("none/a.safetensors")]))
  }

  @Test func impossibleRequestsAreRefused() throws {
    try folder.write("Mara found", to: "short.txt")
    let output = ["-o", folder("a.safetensors")]
    let text = ["--text", shop("text.txt")] + output
    try Program.expectFailure(
      64, ["'*.hidden'", "layers.L.ista.code", "L from 0 to 1"],
      arguments(text, names: ["*.hidden"]))
    try Program.expectFailure(
      64, ["'layers.7.*' or 'none'"], arguments(text, names: ["layers.7.*", "head.*", "none"]))
    try Program.expectFailure(64, ["--text or --data"], arguments(output))
    try Program.expectFailure(64, ["--names"], ["analyze", "activations", shop("run")] + text)
    try Program.expectFailure(
      64, ["--context is 33; expected 1 to 32"], arguments(text + ["--context", "33"]))
    try Program.expectFailure(64, ["--tokens"], arguments(text + ["--tokens", "0"]))
    try Program.expectFailure(
      64, ["fewer than a sequence of 32"], arguments(["--text", folder("short.txt")] + output))
    try Program.expectFailure(66, ["missing"], arguments(["--text", folder("missing")] + output))
    try Program.expectFailure(
      66, ["missing"],
      ["analyze", "activations", folder("missing"), "--names", "*"] + text)
    // Damaged data, and data of another tokenizer.
    let (tokenizer, data) = (folder("tokenizer"), folder("data"))
    let train = ["tokenizer", "train", shop("text.txt"), "--vocab-size", "300", "-o", tokenizer]
    #expect(try Program.run(train).status == 0)
    let pack = ["data", "pack", shop("text.txt"), "--tokenizer", tokenizer, "-o", data]
    #expect(try Program.run(pack).status == 0)
    try Program.expectFailure(65, [data, "tokenizer"], arguments(["--data", data] + output))
    try folder.write("{}", to: "data/manifest.json")
    try Program.expectFailure(65, ["manifest.json"], arguments(["--data", data] + output))
    #expect(FileSystem.kind(of: folder.path.appending("a.safetensors")) == nil)
  }
}
