import ArgumentParser
import CRATELM
import Storage
import SystemPackage
import TextModels
import Tokenizer

/// A run from somebody's checkpoint.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Turn a published checkpoint into a run.",
    discussion: """
      Reads checkpoints of CRATE-LM's reference code and of nanoGPT (.pt, .safetensors); of \
      CRATE-BERT, GPT-2 and BERT as the transformers library stores them (a directory, or a file \
      with config.json beside it); and exports of 'crate-lm export'. Nothing in a .pt file is \
      executed. The run can write text, be evaluated and exported; 'pretrain --from' trains on from it.
      """)

  @Argument(help: "The checkpoint: a file, or a directory that holds one.")
  var checkpoint: String

  @Option(name: [.short, .long], help: "The run directory to make.")
  var output: String

  @Option(
    help: "The tokenizer: a directory or file. (default: the one beside the checkpoint)")
  var tokenizer: String?

  @OptionGroup var split: FamilyOption

  @Option(
    help: """
      Ids beyond the tokenizer's, which pad many published vocabularies: keep them, so that all \
      probabilities stay those of the checkpoint, or cut them.
      """)
  var vocabulary = VocabularyPadding.keep

  @Option(number: "The number of attention heads. (default: the checkpoint's)")
  var heads: Int?

  @Option(help: "The non-linearity of a transformer's MLP, if the checkpoint does not say it.")
  var activation: Activation?

  @OptionGroup var report: ReportOptions

  func run() throws {
    let imported = try openCheckpoint()
    let tokenizer = try loadTokenizer(besides: imported)
    let all = imported.configuration.vocabularySize
    guard tokenizer.vocabularySize <= all else {
      throw CheckpointError.mismatch(
        RawBytes.path(checkpoint),
        problems: [
          "it has \(all.counting("id")), the tokenizer \(tokenizer.vocabularySize); give its own "
            + "--tokenizer"
        ])
    }
    let model = try imported.model(
      vocabularySize: vocabulary == .cut ? tokenizer.vocabularySize : nil)
    let bounds = try TokenizerStore.bounds(
      of: tokenizer, at: self.tokenizer.map(RawBytes.path) ?? imported.directory,
      model: imported.directory)
    try TextModel(model, tokenizer: tokenizer, textBounds: bounds)
      .save(to: RawBytes.path(output), source: "\(imported.title), \(checkpoint)")
    try report(imported, model, padding: all - tokenizer.vocabularySize)
  }

  private func openCheckpoint() throws -> CheckpointImport {
    do {
      return try CheckpointImport(
        RawBytes.path(checkpoint), choices: ImportChoices(headCount: heads, activation: activation))
    } catch FileError.missing(let path, _) where path == RawBytes.path(checkpoint) {
      var remedy = "this program downloads nothing: give a file or directory that is here"
      // It may be the name of a model on the Hub, such as gpt2 or openai-community/gpt2.
      if path.isRelative, path.components.count <= 2, let name = path.lastComponent?.string {
        remedy +=
          "; for a model of the Hugging Face Hub type 'hf download \(checkpoint.shellWord) "
          + "--local-dir \(name.shellWord)', then import that directory"
      }
      throw FileError.missing(path, remedy: remedy)
    }
  }

  private func loadTokenizer(besides imported: CheckpointImport) throws -> any TextTokenizer {
    let (family, notes) = (split.family, report.notes)
    if let tokenizer {
      return try TokenizerStore.load(RawBytes.path(tokenizer), pattern: family, notes: notes)
    }
    do {
      return try TokenizerStore.load(imported.directory, pattern: family, notes: notes)
    } catch FileError.missing {
      throw ConfigurationError(
        "No tokenizer lies in \(imported.directory); give the one of the checkpoint with --tokenizer."
      )
    }
  }

  private func report(
    _ imported: CheckpointImport, _ model: LanguageModel, padding: Int
  ) throws {
    let shape = model.configuration
    guard !report.json else {
      let fields: JSONFields = [
        "run": output, "source": imported.title, "architecture": shape.architecture.rawValue,
        "objective": shape.objective.rawValue, "parameters": model.parameterCount,
        "vocabulary": shape.vocabularySize, "padding_ids": padding, "left_out": imported.leftOut,
        "zeros": imported.zeros, "checksums": imported.hasChecksums,
      ]
      return try StandardOutput.print(fields)
    }
    report.note(
      """
      \(output) holds \(imported.title) as \(shape.architecture.rawValue), \
      \(shape.objective.rawValue): depth \(shape.depth), width \(shape.width), \
      \(shape.headCount.counting("head")), context \(shape.contextLength), \
      \(model.parameterCount.counting("parameter"))
      """)
    if !imported.hasChecksums {
      report.note(
        "The format of PyTorch before 1.6 has no checksums: only its structure could be checked.")
    }
    if padding > 0 {
      let fate =
        vocabulary == .cut
        ? "left out" : "kept and never written; --vocabulary cut leaves them out"
      let ids = padding.counting("id")
      report.note("Behind the tokenizer's ids, \(ids) \(padding == 1 ? "is" : "are") \(fate).")
    }
    if !imported.leftOut.isEmpty {
      report.note(
        "No part of a language model and left out: \(imported.leftOut.joined(separator: ", ")).")
    }
    if !imported.zeros.isEmpty {
      report.note("The checkpoint has no biases; \(imported.zeros.count) are zero.")
    }
  }
}

/// The fate of ids that the tokenizer does not have.
enum VocabularyPadding: String, CaseIterable, ExpressibleByArgument {
  case keep, cut
}
