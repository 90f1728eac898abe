import ArgumentParser
import CRATELM
import SystemPackage
import TextModels

/// The text that a trained model is measured on, on the command line: files, or packed data.
struct MeasuredText: ParsableArguments {
  @Option(
    parsing: .upToNextOption, help: "Text files or directories: plain, .jsonl, also .gz and .zst.")
  var text: [String] = []

  @Option(help: "A data directory packed with the model's tokenizer, instead of --text.")
  var data: String?

  @Option(help: "The split of --data.")
  var split = Split.validation

  @Option(help: "The field of a .jsonl line that holds its text.")
  var textField = "text"

  func validate() throws {
    guard text.isEmpty != (data == nil) else {
      throw ValidationError("Give either --text or --data.")
    }
  }

  /// The text, with packed data checked to be of the tokenizer of `model`.
  ///
  /// - Throws: `FileError`, `InputError`, `DataError`.
  func source(for model: TextModel) throws -> Perplexity.Text {
    guard let data else {
      return .documents(try DocumentSource(inputs: text, textField: textField))
    }
    return .data(
      try TokenData(directory: FilePath(data), tokenizer: model.fingerprint), split)
  }
}
