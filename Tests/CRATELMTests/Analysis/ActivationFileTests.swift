import CRATELM
import Storage
import SystemPackage
import Testing

/// Files of activations beside the model in double precision.
///
/// Products in single precision leave errors of about 10⁻⁶; the bound is 10⁻⁵.
@Suite struct ActivationFileTests {
  private let folder: TemporaryFolder
  private var path: FilePath { folder.path.appending("activations.safetensors") }

  init() throws { folder = try TemporaryFolder() }

  private func model(
    _ architecture: Architecture, _ objective: Objective, contextLength: Int = 16
  ) throws -> LanguageModel {
    try LanguageModel(
      ModelConfiguration(
        objective: objective, architecture: architecture, depth: 2, width: 8, headCount: 2,
        contextLength: contextLength, vocabularySize: 300, activation: .relu), seed: 5)
  }

  private func ids(_ count: Int) -> [Int32] {
    (0..<count).map { (index: Int) -> Int32 in Int32((index * 7 + index * index / 3) % 300) }
  }

  /// Every number of sequences on both sides of a pass, the last one short, is where it belongs.
  @Test(arguments: Architecture.allCases, Objective.allCases)
  func everyActivationIsWritten(architecture: Architecture, objective: Objective) throws {
    let model = try model(architecture, objective)
    let frame =
      objective == .masked ? SequenceFrame(beginning: 298, end: 299) : SequenceFrame.none
    // 4096 / 16 sequences pass at once.
    let sequences = TokenSequences(ids(300 * 14 + 5), length: 16, frame: frame)
    let file = try ActivationFile(ActivationSelection(model, matching: ["*"]), of: sequences)
    var progress: [Int] = []
    try file.write(to: path, threads: 2) { progress.append($0) }
    #expect(progress == [256, sequences.count])
    #expect(try FileSystem.byteCount(of: path) == file.byteCount)

    let reader = try SafeTensorsReader(path)
    #expect(reader.tensors.map(\.name) == ["token_ids"] + model.activationNames)
    let all = try sequences.all()
    #expect(try Fixture.integers(reader, "token_ids") == all.flatMap(\.self))
    for sequence in [0, 255, 256, sequences.count - 1] {
      let expected = activations(ReferenceModel(model), of: all[sequence])
      #expect(Set(expected.keys) == Set(model.activationNames))
      for tensor in reader.tensors.dropFirst() {
        let reference = (expected[tensor.name] ?? []).flatMap(\.self)
        #expect(tensor.shape.dropFirst().reduce(1, *) == reference.count)
        let found = try reader.floats(of: tensor.name)
        let part = found[sequence * reference.count..<(sequence + 1) * reference.count]
        #expect(relativeError(Array(part), reference) < 1e-5, "\(tensor.name), \(sequence)")
      }
    }
  }

  private func activations(_ model: ReferenceModel, of ids: [Int32]) -> [String: Reference.Rows] {
    var (model, found) = (model, [String: Reference.Rows]())
    model.show = { found[$0] = $1 }
    _ = model.logits(ids)
    return found
  }

  /// A pass ends behind the last operator that is asked for, which changes no bit.
  @Test(arguments: Architecture.allCases, Objective.allCases)
  func eachNameAloneIsTheSame(architecture: Architecture, objective: Objective) throws {
    let model = try model(architecture, objective)
    let sequences = TokenSequences(ids(40), length: 16)
    func tensors(_ pattern: String) throws -> [String: [Float]] {
      let selection = try ActivationSelection(model, matching: [pattern])
      try ActivationFile(selection, of: sequences).write(to: path, threads: 1)
      let reader = try SafeTensorsReader(path)
      return try Dictionary(
        uniqueKeysWithValues: selection.names.map { ($0, try reader.floats(of: $0)) })
    }
    let all = try tensors("*")
    #expect(all.count == model.activationNames.count)
    for name in model.activationNames {
      #expect(try tensors(name) == [name: all[name] ?? []], "\(name)")
    }
  }

  /// Attention weights have a matrix for each head; the header says what the file is of.
  @Test func headersDescribe() throws {
    let model = try model(.crateOvercomplete, .causal)
    let selection = try ActivationSelection(
      model, matching: ["layers.1.attention.weights", "layers.*.ista.code"])
    #expect(
      selection.names == ["layers.0.ista.code", "layers.1.attention.weights", "layers.1.ista.code"])
    let file = try ActivationFile(
      selection, of: TokenSequences(ids(49), length: 12), metadata: [("model_sha256", "ab")])
    let shapes = [[4, 12], [4, 12, 32], [4, 2, 12, 12], [4, 12, 32]]
    #expect(file.contents.map(\.shape) == shapes)
    try file.write(to: path, threads: 1)
    let header = try SafeTensorsReader(path).header
    #expect(header.entries.map(\.shape) == shapes)
    #expect(header.entries.map(\.type) == [.int32, .float32, .float32, .float32])
    let metadata = Dictionary(uniqueKeysWithValues: header.metadata.map { ($0.key, $0.value) })
    #expect(
      metadata == [
        "format": "crate-lm activations 1", "architecture": "crate-overcomplete",
        "objective": "causal", "layers": "2", "heads": "2", "model_sha256": "ab",
      ])
  }

  /// Packed data in several shards give the file that their ids give, with any number of threads.
  @Test func shardsAreRead() throws {
    let fixture = DataFixture(seed: 3, documents: 60, longest: 200)
    let manifest = try fixture.pack(folder.path.appending("data"))
    #expect(manifest.train.shardTokens.count > 3)
    let split = try TokenData(directory: folder.path.appending("data")).train
    let frame = SequenceFrame(beginning: 1, end: 2)
    let read = TokenSequences(split, tokenCount: .max, length: 16, frame: frame)
    let held = TokenSequences(fixture.stream, length: 16, frame: frame)
    #expect(read.count == fixture.stream.count / 14 && read.count > 256)
    #expect(try read.all() == held.all())
    #expect(try read[17..<40] == Array(held.all()[17..<40]))
    let model = try model(.crateAlpha, .masked)
    let selection = try ActivationSelection(model, matching: ["*.attention.*", "head.*"])
    var files: [[UInt8]] = []
    for (sequences, threads) in [(read, 1), (read, 3), (held, 2)] {
      try ActivationFile(selection, of: sequences).write(to: path, threads: threads)
      files.append(try FileContents.read(path))
    }
    #expect(files[0] == files[1] && files[0] == files[2])
    let some = TokenSequences(split, tokenCount: 45, length: 16, frame: frame)
    #expect(some.count == 3)
  }

  @Test(arguments: [
    ("nothing", ["'nothing'", "causal crate model", "layers.L.ista.code", "L from 0 to 1"]),
    ("layers.2.ista.code", ["'layers.2.ista.code'"]), ("*.first_code", ["'*.first_code'"]),
    ("", ["''"]), ("Layers.*", ["'Layers.*'"]), ("layers.[2-9].*", ["'layers.[2-9].*'"]),
  ])
  func unknownNamesAreListed(pattern: String, words: [String]) throws {
    let model = try model(.crate, .causal)
    let error = #expect(throws: ConfigurationError.self) {
      try ActivationSelection(model, matching: ["embedding", pattern])
    }
    let text = error?.description ?? ""
    for word in words { #expect(text.contains(word), "\(text)") }
    #expect(!text.contains("'embedding'"))
  }

  @Test func patternsSelect() throws {
    let model = try model(.transformer, .causal)
    func names(_ patterns: String...) throws -> [String] {
      try ActivationSelection(model, matching: patterns).names
    }
    #expect(try names("*") == model.activationNames)
    #expect(try names("head.input", "embedding") == ["embedding", "head.input"])
    #expect(try names("layers.[01].mlp.c*e") == ["layers.0.mlp.code", "layers.1.mlp.code"])
    #expect(try names("layers.?.mlp.hidden", "*.hidden").count == 2)
  }

  /// What cannot be written leaves what was there.
  @Test func impossibleFilesAreRefused() throws {
    let model = try model(.crate, .causal)
    let selection = try ActivationSelection(model, matching: ["*.code"])
    for sequences in [
      TokenSequences([], length: 16), TokenSequences(ids(15), length: 16),
      TokenSequences(ids(40), length: 17),
    ] {
      #expect(throws: ConfigurationError.self) { try ActivationFile(selection, of: sequences) }
    }
    let file = try ActivationFile(selection, of: TokenSequences(ids(16 * 300), length: 16))
    try FileContents.write([1, 2, 3], to: path)
    let strange = TokenSequences(ids(16 * 299) + [Int32](repeating: 300, count: 16), length: 16)
    #expect(throws: ConfigurationError.self) {
      try ActivationFile(selection, of: strange).write(to: path)
    }
    #expect(throws: CancellationError.self) {
      try file.write(to: path) { _ in throw CancellationError() }
    }
    #expect(throws: FileError.self) { try file.write(to: folder.path.appending("no/file")) }
    #expect(try FileContents.read(path) == [1, 2, 3])
    #expect(try FileSystem.names(in: folder.path) == ["activations.safetensors"])
  }

  /// The size is known before the first pass.
  @Test func fullDisksAreForeseen() throws {
    let model = try LanguageModel(
      zeros: ModelConfiguration(
        objective: .causal, architecture: .crate, depth: 64, width: 16, headCount: 16,
        contextLength: 1024, vocabularySize: 2))
    let selection = try ActivationSelection(model, matching: ["*.weights"])
    let ids = [Int32](repeating: 1, count: 1 << 22)
    let file = try ActivationFile(selection, of: TokenSequences(ids, length: 1024))
    #expect(file.byteCount > 64 * 16 * 4 << 32)
    do {
      try file.write(to: path)
      Issue.record("17 TB were free")
    } catch FileError.noSpace(path, let needed, let available, _) {
      #expect(needed == file.byteCount && available < needed)
    }
    #expect(try FileSystem.names(in: folder.path).isEmpty)
  }
}
