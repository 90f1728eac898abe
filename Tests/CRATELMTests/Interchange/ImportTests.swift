import CRATELM
import Parallel
import Storage
import SystemPackage
import Testing

/// Checkpoints of other programs give the logits that those programs compute from them
/// (`Tests/Fixtures/interop/generate.py`); single precision on both sides, hence 10⁻⁴.
@Suite struct ImportTests {
  private static func logits(of model: LanguageModel, _ inputs: [Int32]) throws -> [Float] {
    let network = try Network(
      model, shape: BatchShape(sequences: 1, context: inputs.count), purpose: .inference,
      workers: Workers(threads: 1))
    var logits: [Float] = []
    network.forEachLogits(
      Batch(inputs: inputs, targets: inputs, contextLength: inputs.count)
    ) { logits += $1.elements }
    return logits
  }

  @Test(arguments: [
    ("crate.pt", "crate", Architecture.crate, Objective.causal),
    ("crate-overcomplete.pt", "crate-overcomplete", .crateOvercomplete, .causal),
    ("nanogpt.pt", "nanogpt", .transformer, .causal), ("gpt2", "gpt2", .transformer, .causal),
    ("bert", "bert", .transformer, .masked), ("crate-bert", "crate-bert", .crate, .masked),
  ])
  func logitsAgree(
    file: String, name: String, architecture: Architecture, objective: Objective
  ) throws {
    let imported = try CheckpointImport(
      Fixture.path("interop/\(file)"),
      choices: ImportChoices(activation: name == "nanogpt" ? .relu : nil))
    #expect(imported.configuration.architecture == architecture)
    #expect(imported.configuration.objective == objective)
    let expected = try SafeTensorsReader(Fixture.path("interop/\(name).expected.safetensors"))
    let inputs = try Fixture.integers(expected, "inputs")
    let found = try Self.logits(of: imported.model(), inputs)
    #expect(try relativeError(found, expected.floats(of: "logits")) < 1e-4)
  }

  /// What other programs put into names is left out, wherever it stands.
  @Test(arguments: [
    "module.", "_orig_mod.", "model.", "module._orig_mod.model.", "model.model.", "model.module.",
  ])
  func wrappedNames(prefix: String) throws {
    try expectGPT2 { tensors in
      for index in tensors.indices { tensors[index].name = prefix + tensors[index].name }
    }
    try expectGPT2 { tensors in
      for index in tensors.indices {
        tensors[index].name.replace(".h.1.", with: ".h._orig_mod.1.module.")
      }
    }
    let folder = try TemporaryFolder()
    let path = try changed(folder) { tensors in
      tensors.append(tensors[0])
      tensors[tensors.count - 1].name = "module." + tensors[0].name
    }
    let error = #expect(throws: CheckpointError.self) { try CheckpointImport(path) }
    let words = error?.description ?? ""
    let name = try SafeTensorsReader(
      Fixture.path("interop/gpt2").appending("model.safetensors")
    ).tensors[0].name
    #expect(words.contains("'\(name)'") && words.contains("'module.\(name)'"), "\(words)")
  }

  /// Of two tied tensors the copy may be there alone, as `save_model` of safetensors leaves it.
  @Test func tiedHeadAlone() throws {
    try expectGPT2 { tensors in
      for index in tensors.indices where tensors[index].name.hasSuffix("wte.weight") {
        tensors[index].name = "lm_head.weight"
      }
    }
  }

  /// Expects the recorded logits of the GPT-2 fixture after a change of its names.
  private func expectGPT2(
    _ change: (inout [(name: String, shape: [Int], values: [Float])]) -> Void
  ) throws {
    let folder = try TemporaryFolder()
    let model = try CheckpointImport(changed(folder, change)).model()
    let expected = try SafeTensorsReader(Fixture.path("interop/gpt2.expected.safetensors"))
    let found = try Self.logits(of: model, Fixture.integers(expected, "inputs"))
    #expect(try relativeError(found, expected.floats(of: "logits")) < 1e-4)
  }

  /// Several files of PyTorch with an index.
  @Test func severalFiles() throws {
    let imported = try CheckpointImport(Fixture.path("torch/gpt2-bin"))
    let expected = try SafeTensorsReader(Fixture.path("interop/gpt2.expected.safetensors"))
    let found = try Self.logits(of: imported.model(), Fixture.integers(expected, "inputs"))
    #expect(try relativeError(found, expected.floats(of: "logits")) < 1e-4)
    #expect(imported.hasChecksums)
  }

  /// Fewer ids are the first ones.
  @Test func vocabulariesAreCut() throws {
    for file in ["crate.pt", "bert"] {
      let imported = try CheckpointImport(Fixture.path("interop/\(file)"))
      let whole = try Self.logits(of: imported.model(), [3, 1, 4])
      let cut = try Self.logits(of: imported.model(vocabularySize: 7), [3, 1, 4])
      #expect(relativeError(cut, (0..<3).flatMap { whole[$0 * 11..<$0 * 11 + 7] }) < 1e-6)
      #expect(throws: ConfigurationError.self) { try imported.model(vocabularySize: 12) }
    }
  }

  @Test func whatIsLeftOutIsSaid() throws {
    let bert = try CheckpointImport(Fixture.path("interop/bert"))
    #expect(bert.leftOut.contains("bert.pooler.dense.weight"))
    #expect(bert.leftOut.contains("cls.seq_relationship.bias"))
    let nano = try CheckpointImport(
      Fixture.path("interop/nanogpt.pt"), choices: ImportChoices(activation: .relu))
    #expect(nano.zeros.contains("final_norm.bias"))
    #expect(nano.zeros.count == 2 * 6 + 1)
  }

  /// A safetensors file of `tensors`, all of them floats.
  private func write(
    _ tensors: [(name: String, shape: [Int], values: [Float])], to path: FilePath
  ) throws {
    var members: [(key: String, value: JSONValue)] = []
    var data: [UInt8] = []
    for tensor in tensors {
      let start = data.count
      for value in tensor.values {
        data += (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
      }
      members.append(
        (
          tensor.name,
          .object(
            JSONObject([
              ("dtype", .string("F32")),
              ("shape", .array(tensor.shape.map { .integer(Int64($0)) })),
              (
                "data_offsets",
                .array([.integer(Int64(start)), .integer(Int64(data.count))])
              ),
            ]))
        ))
    }
    let json = JSONValue.object(JSONObject(members)).serialized()
    let length = (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) }
    try FileContents.write(length + json + data, to: path)
  }

  /// The tensors of the GPT-2 fixture, changed and written beside its settings.
  private func changed(
    _ folder: TemporaryFolder,
    _ change: (inout [(name: String, shape: [Int], values: [Float])]) -> Void
  ) throws -> FilePath {
    let source = Fixture.path("interop/gpt2")
    let reader = try SafeTensorsReader(source.appending("model.safetensors"))
    var tensors = try reader.tensors.map {
      (name: $0.name, shape: $0.shape, values: try reader.floats(of: $0.name))
    }
    change(&tensors)
    try write(tensors, to: folder.path.appending("model.safetensors"))
    try FileContents.write(
      FileContents.read(source.appending("config.json")),
      to: folder.path.appending("config.json"))
    return folder.path
  }

  private func problems(_ path: FilePath) throws -> [String] {
    do {
      _ = try CheckpointImport(path).model()
      return []
    } catch CheckpointError.mismatch(_, let problems) {
      return problems
    }
  }

  @Test func everyTensorThatDoesNotFitIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = try changed(folder) { tensors in
      tensors.removeAll { $0.name.hasSuffix("ln_1.bias") }
      tensors.append(("transformer.h.0.attn.rotary", [2], [0, 0]))
      guard let place = tensors.firstIndex(where: { $0.name.hasSuffix("wpe.weight") }) else {
        return
      }
      tensors[place].shape = [8, 6]
    }
    let problems = try problems(path)
    #expect(problems.count == 4)
    for words in [
      ["h.0.ln_1.bias", "missing"], ["h.1.ln_1.bias", "missing"], ["rotary", "not the model's"],
      ["wpe.weight", "[8, 6]", "[6, 8]"],
    ] {
      #expect(problems.contains { problem in words.allSatisfy(problem.contains) }, "\(words)")
    }
  }

  @Test func headsThatAreNotTiedAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = try changed(folder) { tensors in
      guard let head = tensors.first(where: { $0.name.hasSuffix("wte.weight") }) else { return }
      tensors.append(("lm_head.weight", head.shape, head.values.map { $0 + 1 }))
    }
    #expect(try problems(path).contains { $0.contains("lm_head.weight") })
  }

  @Test func numbersThatAreNotFiniteAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = try changed(folder) { $0[0].values[3] = .nan }
    #expect(throws: CheckpointError.self) { try CheckpointImport(path).model() }
  }

  /// A file that is cut after it was opened is damaged as what it is: a file from elsewhere.
  @Test func filesThatShrinkAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.path.appending("crate.pt")
    try FileContents.copy(Fixture.path("interop/crate.pt"), to: path)
    let opened = try CheckpointImport(path)
    try FileDescriptor.open(path, .writeOnly, options: .truncate).close()
    let error = #expect(throws: CheckpointError.self) { try opened.model() }
    guard case .damagedImport(let damage) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(damage.path == path && damage.reason == "it ends before these bytes")
    #expect(error?.description == "\(damage); get it again from where it came.")
  }

  /// Settings that change what a model computes are not passed over.
  @Test(arguments: [
    "\"layer_norm_epsilon\": 1e-6", "\"n_inner\": 16", "\"scale_attn_weights\": false",
    "\"activation_function\": \"silu\"", "\"n_head\": 3", "\"n_head\": null",
    "\"n_embd\": 9223372036854775807", "\"tie_word_embeddings\": false", "\"n_layer\": \"2\"",
    "\"n_layer\": -1", "\"vocab_size\": 0",
  ])
  func unknownSettingsAreRefused(setting: String) throws {
    let folder = try TemporaryFolder()
    let path = try changed(folder) { _ in }
    let key = setting.prefix { $0 != ":" }
    let lines = String(
      decoding: try FileContents.read(path.appending("config.json")), as: UTF8.self
    ).split(separator: "\n").dropFirst().dropLast()
    let kept = lines.map { $0.hasSuffix(",") ? $0.dropLast() : $0 }.filter { !$0.contains(key) }
    let text = "{" + (kept.map(String.init) + [setting]).joined(separator: ",") + "}"
    try FileContents.write(Array(text.utf8), to: path.appending("config.json"))
    #expect(throws: CheckpointError.self) { try CheckpointImport(path) }
  }

  /// What the user chooses is the user's mistake, what the file says is the file's.
  @Test func choicesAndShapes() throws {
    let crate = Fixture.path("interop/crate.pt")
    #expect(throws: ConfigurationError.self) {
      try CheckpointImport(crate, choices: ImportChoices(headCount: 3))
    }
    #expect(throws: ConfigurationError.self) {
      try CheckpointImport(Fixture.path("interop/nanogpt.pt"))
    }
    let folder = try TemporaryFolder()
    let path = folder.path.appending("crate.safetensors")
    let reader = try TorchReader(crate)
    try write(
      reader.tensors.filter { !$0.name.hasSuffix("lm_head.weight") }
        .map { ($0.name, $0.shape, try reader.floats(of: $0.name)) }, to: path)
    #expect(throws: ConfigurationError.self) { try CheckpointImport(path) }
    _ = try CheckpointImport(path, choices: ImportChoices(headCount: 2)).model()
  }

  @Test func otherModelsAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.path.appending("llama.safetensors")
    try write([("model.embed_tokens.weight", [2, 2], [0, 0, 0, 0])], to: path)
    let error = #expect(throws: CheckpointError.self) { try CheckpointImport(path) }
    #expect(error?.description.contains("model.embed_tokens.weight") ?? false)
  }

  @Test func indicesThatLieAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = try changed(folder) { _ in }
    try FileSystem.rename(
      path.appending("model.safetensors"), to: path.appending("part.safetensors"))
    let index = path.appending("model.safetensors.index.json")
    let names = try SafeTensorsReader(path.appending("part.safetensors")).tensors.map(\.name)
    func write(_ map: [(String, String)]) throws {
      let members = map.map { (key: $0.0, value: JSONValue.string($0.1)) }
      let json = JSONValue.object(JSONObject([("weight_map", .object(JSONObject(members)))]))
      try FileContents.write(json.serialized(), to: index)
    }
    try write(names.map { ($0, "part.safetensors") })
    _ = try CheckpointImport(path).model()
    for map in [
      [("a", "../part.safetensors")], [("a", "/etc/passwd")], [("a", "..")], [("a", "")],
      names.map { ($0, "part.safetensors") } + [("other", "part.safetensors")],
    ] {
      try write(map)
      #expect(throws: CheckpointError.self) { try CheckpointImport(path) }
    }
    try write([("a", "absent.safetensors")])
    #expect(throws: FileError.self) { try CheckpointImport(path) }
    for text in ["", "[]", "{}", "{\"weight_map\": {\"a\": 1}}"] {
      try FileContents.write(Array(text.utf8), to: index)
      #expect(throws: CheckpointError.self) { try CheckpointImport(path) }
    }
  }
}
