import CRATELM
import Storage
import SystemPackage
import Testing

/// The tokens between texts, from a tokenizer's files or a checkpoint to a model and its export.
@Suite struct TextBoundsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let fixtures = FilePath(#filePath).removingLastComponent()
    .removingLastComponent().appending("Fixtures")

  /// A case of `Tests/Fixtures/bounds/generate.py`, which asked transformers and
  /// lm-evaluation-harness.
  struct Case: CustomTestStringConvertible {
    let name: String
    let text: String
    let tokenizer: JSONValue
    let files: JSONObject
    let expected: JSONObject

    var testDescription: String { name }

    static let all = (try? load()) ?? []

    private static func load() throws -> [Case] {
      let file = try object(at: fixtures.appending("bounds/bounds.json"))
      let (text, tokenizer) = (try #require(file["text"]?.string), try #require(file["tokenizer"]))
      return try #require(file["cases"]?.array).map { value in
        let members = try #require(value.object)
        return Case(
          name: try #require(members["name"]?.string), text: text, tokenizer: tokenizer,
          files: try #require(members["files"]?.object),
          expected: try #require(members["expected"]?.object))
      }
    }
  }

  private static func object(at path: FilePath) throws -> JSONObject {
    try #require(try JSONValue.parse(FileContents.read(path)).object)
  }

  private func run(_ arguments: [String]) throws -> JSONObject {
    try Program.run(arguments + ["--json"]).json()
  }

  /// Writes the checkpoint of `example` to `there`.
  private func write(_ example: Case) throws {
    let fixture = Self.fixtures.appending("interop/gpt2")
    let weights = try FileContents.read(fixture.appending("model.safetensors"))
    let there = folder.path.appending("there")
    try FileSystem.createDirectory(there)
    try FileContents.write(weights, to: there.appending("model.safetensors"))
    try FileContents.write(
      example.tokenizer.serialized(), to: there.appending("tokenizer.json"))
    let shape = try Self.object(at: fixture.appending("config.json"))
    for (name, value) in zip(example.files.keys, example.files.values) {
      let own = try #require(value.object)
      let base = name == "config.json" ? Array(zip(shape.keys, shape.values)) : []
      let members =
        base.map { (key: $0.0, value: $0.1) }
        + zip(own.keys, own.values).map { (key: $0, value: $1) }
      try FileContents.write(
        JSONValue.object(JSONObject(members)).serialized(), to: there.appending(name))
    }
  }

  /// A checkpoint's texts begin and end as transformers and lm-evaluation-harness have it, also in
  /// an export; and the harness gives a document the same probability.
  @Test(arguments: Case.all) func checkpoints(_ example: Case) throws {
    try write(example)
    let prefix = try #require(example.expected["prefix_token_id"]?.integer)
    // The tokenizer has 10 ids; transformers stops at ids that it lacks too.
    let ends = try #require(example.expected["eos_token_id"]?.array).compactMap(\.integer)
      .filter { $0 < 10 }
    let sum = try #require(example.expected["loglikelihood_rolling"]?.double)
    try folder.write(example.text, to: "text.txt")
    _ = try run(["import", folder("there"), "-o", folder("run")])
    let formats = ["run", "huggingface", "safetensors"]
    for format in formats.dropFirst() {
      _ = try run(["export", "--model", folder("run"), "--format", format, "-o", folder(format)])
    }
    _ = try run(["import", folder("huggingface"), "-o", folder("again")])
    for model in formats + ["again"] {
      let bounds = try #require(try StoredModel(at: folder.path.appending(model)).textBounds)
      #expect(bounds.beginning.map(Int64.init) == prefix, "\(model)")
      if !ends.isEmpty { #expect(Set(bounds.ends.map(Int64.init)) == Set(ends), "\(model)") }
      let result = try run(["evaluate", "perplexity", folder(model), "--text", folder("text.txt")])
      let loss = try #require(result["loss"]?.double)
      let tokens = try #require(result["tokens"]?.double)
      #expect(abs(loss * tokens + sum) < 1e-4 * abs(sum), "\(model)")
    }
    try expectAgreement(of: "huggingface", prefix, ends)
  }

  /// An export of an earlier version has no `generation_config.json` and says only the usual names;
  /// its texts end and begin with the tokenizer's, as they did.
  @Test func earlierExports() throws {
    let shop = try Workshop.folder()
    let out = folder("out")
    try #require(
      try Program.run(["export", "--model", shop("run"), "--format", "huggingface", "-o", out])
        .status == 0)
    let text = ["--text", shop("text.txt")]
    let now = try run(["evaluate", "perplexity", out] + text)
    try FileSystem.remove(folder.path.appending("out/generation_config.json"))
    #expect(try StoredModel(at: folder.path.appending("out")).textBounds == nil)
    let then = try run(["evaluate", "perplexity", out] + text)
    #expect(then["prefix_token"]?.string == "<|endoftext|>")
    #expect(then["loss"] == now["loss"])
  }

  /// The files of the export `name` name the same tokens.
  private func expectAgreement(of name: String, _ prefix: Int64, _ ends: [Int64]) throws {
    for file in ["config.json", "generation_config.json"] {
      let settings = try Self.object(at: folder.path.appending("\(name)/\(file)"))
      #expect(settings["bos_token_id"]?.integer == prefix)
      let found = settings["eos_token_id"]
      let ids = (found?.array ?? [found].compactMap(\.self)).compactMap(\.integer)
      if !ends.isEmpty { #expect(Set(ids) == Set(ends), "\(file)") }
    }
    let roles = try Self.object(at: folder.path.appending("\(name)/tokenizer_config.json"))
    let names: [Int64: String] = [
      6: "<|begin_of_text|>", 7: "<|end_of_text|>", 8: "<|eot_id|>", 9: "<|fin|>",
    ]
    #expect(roles["bos_token"]?.string == names[prefix])
    if ends.count == 1 { #expect(roles["eos_token"]?.string == names[ends[0]]) }
  }
}
