import ArgumentParser
import CRATELM
import SystemPackage
import TextModels

/// The text that a trained model is measured on, on the command line: files, or packed data.
struct MeasuredText: ParsableArguments {
  @Option(
    parsing: .upToNextOption, help: "Text files or directories: plain, .jsonl, also .gz and .zst.")
  var text: [PathArgument] = []

  @Option(help: "A data directory packed with the model's tokenizer, instead of --text.")
  var data: String?

  @Option(help: "The split of --data.")
  var split = Split.validation

  @OptionGroup var form: TextOptions

  func validate() throws {
    guard text.isEmpty != (data == nil) else {
      throw ValidationError("Give either --text or --data.")
    }
  }

  /// The text, with packed data checked to be of the tokenizer of `model`.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - notes: says what is passed over and what reading comes upon.
  /// - Returns: the text.
  /// - Throws: `FileError`, `InputError`, `DataError`.
  func source(for model: TextModel, notes: NoteOptions) throws -> Perplexity.Text {
    guard let data else { return .documents(try form.source(text, log: ReadingLog(notes))) }
    let packed = try TokenData(directory: RawBytes.path(data), tokenizer: model.fingerprint)
    let (end, own) = (packed.manifest.endOfDocument, model.textBounds.end)
    if model.model.configuration.objective.attention == .causal, end != own {
      notes.note(
        "Between the documents of \(data) stands \(model.tokenizer.name(ofEnd: end)), between those that "
          + "the model learnt from \(model.tokenizer.name(ofEnd: own)): only --protocol chunk counts "
          + "these tokens; pack with --tokenizer MODEL for the model's own.")
    }
    return .data(packed, split)
  }
}
