public import ArgumentParser
import CRATELM
import Storage
import SystemPackage
import TextModels
public import Tokenizer

/// A tokenizer from one form to another.
struct TokenizerConvert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Read a tokenizer and write it as tokenizer.json or in another form.",
    discussion: """
      Reads tokenizer.json, .tiktoken, vocab.txt, vocab.json with merges.txt, and encoder.json \
      with vocab.bpe. Only tokenizer.json records normalisation, splitting and special tokens. A \
      form that would lose ids is refused; if only the split has to be given again, a note says so.
      """)

  @Argument(help: "The tokenizer: a file, or a directory that holds one.")
  var input: String

  @Option(name: [.short, .long], help: "The directory to write to.")
  var output: String

  @Option(
    help: """
      The form to write: \(TokenizerFormat.allCases.map(\.explanation).joined(separator: "; ")).
      """)
  var format = TokenizerFormat.json

  @OptionGroup var split: FamilyOption
  @OptionGroup var unicode: UnicodeOptions

  @Flag(help: "Replace the files at the output.")
  var overwrite = false

  @OptionGroup var notes: NoteOptions

  func run() throws {
    let tokenizer = try TokenizerStore.load(
      RawBytes.path(input), pattern: split.family, unicode: unicode.unicode, notes: notes)
    let end = try TokenizerStore.documentEnd(of: tokenizer, at: RawBytes.path(input))
    let directory = RawBytes.path(output)
    for name in format.fileNames where !overwrite {
      guard FileSystem.kind(of: directory.appending(name)) == nil else {
        throw FileError.notEmpty(directory, remedy: "use --overwrite to replace its \(name)")
      }
    }
    try TokenizerStore.write(format.fileNames, to: directory) {
      try TokenizerFile.write(tokenizer, to: directory, format: format)
    }
    if let family = try format.patternToGive(for: tokenizer)?.rawValue {
      notes.note(
        "The files at \(output) do not say that text is split by \(family): give --family \(family) to "
          + "the commands that read them, or convert to --format \(TokenizerFormat.json), which says it."
      )
    }
    if let id = end.id, id != tokenizer.endOfText {
      let name = tokenizer.written(id)
      notes.note(
        "The files beside \(input) say that \(name) ends a document, those at \(output) do not: give "
          + "'data pack' --end-of-document \(name.shellWord).")
    }
    try StandardOutput.write("\(output): \(TokenizerSummary(tokenizer, end: end).text)")
  }
}

extension TokenizerFormat: ExpressibleByArgument {
  /// The name and the files of the form, for help.
  fileprivate var explanation: String {
    "\(rawValue) for \(fileNames.joined(separator: " and "))"
  }
}
