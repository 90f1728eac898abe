public import Storage
public import SystemPackage

/// Writes a model for other programs.
public struct ModelExport {
  /// The format of the output.
  public enum Format: String, CaseIterable, Sendable {
    /// A directory for the transformers library, with the code of the model.
    case huggingFace = "huggingface"
    /// The weights under the names of this program, with its own `config.json`.
    case safetensors
  }

  /// The special tokens of a sequence.
  public struct SpecialIDs: Hashable, Sendable {
    /// Begin and end a text.
    public var bounds: TextBounds
    /// Fills the row of a short text; `nil` if nothing does.
    public var padding: Int32?

    /// The ids of both.
    public init(bounds: TextBounds, padding: Int32?) {
      (self.bounds, self.padding) = (bounds, padding)
    }
  }

  private let model: LanguageModel
  private let tokenizer: Fingerprint
  private let tokenizerFiles: [(name: String, bytes: [UInt8])]
  private let roles: SpecialIDs
  private let textBounds: TextBounds

  /// - Parameters:
  ///   - model: the model.
  ///   - tokenizer: the identity of its tokenizer.
  ///   - tokenizerFiles: the tokenizer's files, for the transformers library.
  ///   - roles: the special tokens of a sequence.
  ///   - textBounds: the tokens between the texts that it learnt from.
  public init(
    _ model: LanguageModel, tokenizer: Fingerprint,
    tokenizerFiles: [(name: String, bytes: [UInt8])], roles: SpecialIDs, textBounds: TextBounds
  ) {
    self.model = model
    self.tokenizer = tokenizer
    self.tokenizerFiles = tokenizerFiles
    self.roles = roles
    self.textBounds = textBounds
  }

  /// Writes the directory at `path`, which appears when it is complete.
  ///
  /// - Throws: `FileError`, `.notEmpty` if the directory has content.
  public func write(_ format: Format, to path: FilePath) throws {
    switch format {
    case .huggingFace:
      let configuration = ExportedConfiguration.json(
        model.configuration, tokenizer: tokenizer, roles: roles)
      var files = [
        ("configuration_crate.py", PackageResources.configuration_crate_py),
        ("modeling_crate.py", PackageResources.modeling_crate_py),
        ("config.json", configuration.serialized(.pretty) + Array("\n".utf8)),
      ]
      if model.configuration.objective.attention == .causal {
        let generation = ExportedConfiguration.generation(roles)
        files.append(
          (
            ExportedConfiguration.generationFileName,
            generation.serialized(.pretty) + Array("\n".utf8)
          ))
      }
      try model.write(to: path, beside: tokenizerFiles + files, named: ExportedModel.name)
    case .safetensors:
      let record = RunRecord(
        model: model.configuration, tokenizer: tokenizer, textBounds: textBounds)
      let file = ("config.json", try RecordFile.bytes(of: record))
      try model.write(to: path, beside: tokenizerFiles + [file])
    }
  }
}

extension LanguageModel {
  /// Writes the directory at `path` with `files` and the parameters, renamed by `name`; it appears
  /// when it is complete.
  ///
  /// - Throws: `FileError`, `.notEmpty` if the directory has content.
  fileprivate func write(
    to path: FilePath, beside files: [(name: String, bytes: [UInt8])],
    named name: (String) -> String = { $0 }
  ) throws {
    let staged = try StagedDirectory(for: path) { _ throws(FileError) in
      throw .notEmpty(path, remedy: "choose another path")
    }
    for file in files { try FileContents.write(file.bytes, to: staged.path.appending(file.name)) }
    _ = try TensorFile.write(
      [TensorFile.Part(layout: layout, buffer: parameters.values)],
      to: RunDirectory(staged.path).weights,
      metadata: [("format", "pt")], named: name)
    try staged.publish()
  }
}

extension RunDirectory {
  /// Makes a run of an imported model; it appears when it is complete.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - record: the content of `config.json`.
  ///   - tokenizer: the content of `tokenizer.json`.
  /// - Throws: `FileError`, `.notEmpty` if the directory has content.
  public func create(
    _ model: LanguageModel, record: RunRecord, tokenizer: [UInt8]
  ) throws {
    let files = [("config.json", try RecordFile.bytes(of: record)), ("tokenizer.json", tokenizer)]
    try model.write(to: path, beside: files)
  }
}
