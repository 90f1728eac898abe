public import ArgumentParser
import CRATELM
import SystemPackage
import TextModels
public import Tokenizer

/// How a tokenizer splits text, on the command line.
struct FamilyOption: ParsableArguments {
  @Option(
    help: """
      How the tokenizer splits text, if its file does not say it: a .tiktoken file, or vocab.json \
      with merges.txt; cl100k is also the split of Llama 3. (default: that of the published \
      .tiktoken file with the same content, else it has to be given; gpt2 for vocab.json)
      """)
  var family: SplitPattern?
}

extension SplitPattern: ExpressibleByArgument {}

/// The tokenizer that a command uses.
struct TokenizerOption: ParsableArguments {
  @Option(
    help: "The tokenizer: a directory, or a file in any form that 'tokenizer convert' reads.")
  var tokenizer: String

  @OptionGroup var split: FamilyOption

  /// Its path; for the directory of 'train' that of its run.
  var path: FilePath { TrainingDirectory.run(at: RawBytes.path(tokenizer)).path }

  /// Reads the tokenizer, as ``TokenizerStore/load(_:pattern:unicode:request:notes:)``.
  func load(
    unicode: UnicodeVersion? = nil, request: BatchRequest = BatchRequest(), notes: NoteOptions
  ) throws -> any TextTokenizer {
    try TokenizerStore.load(
      path, pattern: split.family, unicode: unicode, request: request, notes: notes)
  }
}

extension TokenizerStore {
  /// Reads the tokenizer at `path` and tells the user what is to be known of it.
  ///
  /// - Throws: as ``load(_:pattern:unicode:)``.
  static func load(
    _ path: FilePath, pattern: SplitPattern? = nil, unicode: UnicodeVersion? = nil,
    request: BatchRequest = BatchRequest(), notes: NoteOptions
  ) throws -> any TextTokenizer {
    let tokenizer = try load(path, pattern: pattern, unicode: unicode)
    notes.noteParts(of: tokenizer, at: path, request)
    notes.noteSplit(of: tokenizer, at: path)
    return tokenizer
  }
}

extension UnicodeVersion: TypedValue {
  static let expectation = "a version of Unicode, such as 15.0"

  static func read(_ text: String) -> UnicodeVersion? { UnicodeVersion(text) }
}

/// The version of Unicode to normalise by, on the command line.
struct UnicodeOptions: ParsableArguments {
  @Option(
    help: """
      Normalise by this version of Unicode and leave later characters alone; Hugging Face's \
      tokenizers have \(UnicodeVersion.tokenizers), and so has bert normalisation. (default: the \
      tokenizer's own; ICU's for a new one)
      """)
  var unicode: UnicodeVersion?

  func validate() throws {
    if let unicode, UnicodeVersion.icu < unicode {
      throw ValidationError(
        "--unicode is \(unicode); expected at most \(UnicodeVersion.icu), that of this ICU.")
    }
  }
}
