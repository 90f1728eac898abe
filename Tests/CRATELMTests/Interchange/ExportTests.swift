import CRATELM
import Storage
import SystemPackage
import Testing

/// An exported model is read again bit for bit, in both formats.
@Suite struct ExportTests {
  private static let tokenizer = Fingerprint(of: [1, 2, 3])

  @Test(arguments: Architecture.allCases, Objective.allCases)
  func modelsComeBack(architecture: Architecture, objective: Objective) throws {
    let model = try LanguageModel(
      ModelConfiguration(
        objective: objective, architecture: architecture, depth: 2, width: 8, headCount: 2,
        contextLength: 5, vocabularySize: 11, stepSize: 0.3, sparsityPenalty: 0.7,
        activation: .relu, positionOffset: 2),
      seed: 3)
    for format in ModelExport.Format.allCases {
      let folder = try TemporaryFolder()
      let path = folder.path.appending("exported")
      let export = ModelExport(
        model, tokenizer: Self.tokenizer, tokenizerFiles: [],
        roles: ModelExport.SpecialIDs(bounds: TextBounds(beginning: 0, ends: []), padding: nil),
        textBounds: TextBounds(beginning: 0, ends: []))
      try export.write(format, to: path)
      let stored = try StoredModel(at: path)
      #expect(stored.model == model.configuration)
      #expect(stored.tokenizer == Self.tokenizer)
      let imported = try CheckpointImport(path)
      #expect(imported.leftOut.isEmpty)
      for copy in [try stored.load(threads: 1), try imported.model()] {
        #expect(copy.configuration == model.configuration)
        for tensor in model.layout.tensors {
          let (a, b) = (model.parameters.values, copy.parameters.values)
          #expect(
            a[tensor.slot].elements.map(\.bitPattern) == b[tensor.slot].elements.map(\.bitPattern))
        }
      }
      #expect(throws: FileError.self) { try export.write(format, to: path) }
    }
  }

  /// The names are those of the modules in `modeling_crate.py`.
  @Test func exportedNames() throws {
    let folder = try TemporaryFolder()
    let model = try LanguageModel(
      zeros: ModelConfiguration(
        objective: .masked, architecture: .crateAlpha, depth: 1, width: 4, headCount: 1,
        contextLength: 3, vocabularySize: 3))
    try ModelExport(
      model, tokenizer: Self.tokenizer, tokenizerFiles: [("tokenizer.json", [0x7B, 0x7D])],
      roles: ModelExport.SpecialIDs(bounds: TextBounds(between: nil), padding: nil),
      textBounds: TextBounds(between: nil)
    ).write(.huggingFace, to: folder.path.appending("exported"))
    let files = try FileSystem.names(in: folder.path.appending("exported"))
    #expect(
      files == [
        "config.json", "configuration_crate.py", "model.safetensors", "modeling_crate.py",
        "tokenizer.json",
      ])
    let reader = try SafeTensorsReader(folder.path.appending("exported/model.safetensors"))
    #expect(
      reader.tensors.map(\.name) == [
        "model.token_embedding.weight", "model.position_embedding.weight",
        "model.token_type_embedding.weight", "model.embedding_norm.weight",
        "model.embedding_norm.bias", "model.layers.0.attention.norm.weight",
        "model.layers.0.attention.norm.bias", "model.layers.0.attention.subspaces.weight",
        "model.layers.0.attention.projection.weight", "model.layers.0.ista.norm.weight",
        "model.layers.0.ista.norm.bias", "model.layers.0.ista.dictionary",
        "model.layers.0.ista.decode_dictionary", "model.final_norm.weight",
        "model.final_norm.bias", "head.transform.weight", "head.transform.bias",
        "head.norm.weight", "head.norm.bias", "lm_head.bias",
      ])
  }
}
