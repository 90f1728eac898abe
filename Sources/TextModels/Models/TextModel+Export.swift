public import CRATELM
import Storage
public import SystemPackage
import Tokenizer

extension TextModel {
  /// Writes shape, tokenizer and weights as a run, which can be used but not resumed.
  ///
  /// - Parameters:
  ///   - directory: the run to make.
  ///   - source: the model's origin, recorded in the run.
  /// - Throws: `FileError`, for example if the directory is not empty.
  public func save(to directory: FilePath, source: String) throws {
    let bytes = tokenizer.serialized()
    let record = RunRecord(
      model: model.configuration, tokenizer: Fingerprint(of: bytes),
      textBounds: textBounds, source: source)
    try RunDirectory(directory).create(model, record: record, tokenizer: bytes)
  }

  /// Writes the model and its tokenizer for other programs.
  ///
  /// - Parameters:
  ///   - format: the form of the files.
  ///   - directory: the directory to make.
  ///   - card: the `README.md` of a directory for the transformers library; `nil` for none.
  /// - Throws: `FileError`, for example if the directory is not empty.
  public func export(
    _ format: ModelExport.Format, to directory: FilePath, card: ModelCard? = nil
  ) throws {
    let settings = ExportedTokenizerSettings(
      tokenizer, model: model.configuration, bounds: textBounds)
    var files = [(name: TokenizerFile.name, bytes: tokenizer.serialized())]
    if format == .huggingFace {
      files.append((name: ExportedTokenizerSettings.fileName, bytes: settings.serialized))
      if let card { files.append((name: ModelCard.fileName, bytes: Array(card.text.utf8))) }
    }
    try ModelExport(
      model, tokenizer: fingerprint, tokenizerFiles: files, roles: settings.ids,
      textBounds: textBounds
    ).write(format, to: directory)
  }
}
