public import ArgumentParser
import CRATELM
import Parallel
import SystemPackage
import TextModels
public import Tokenizer

extension ParsableArguments {
  /// Refuses a `value` of the option `name` below `lowest` or above `highest`, where there is one;
  /// `nil` stands for an option left out.
  ///
  /// - Throws: `ValidationError`, its sentence ending in `remark`.
  static func require(
    _ name: String, _ value: Int?, from lowest: Int, to highest: Int? = nil, remark: String = ""
  ) throws {
    guard let value, value < lowest || value > highest ?? .max else { return }
    let expected = highest.map { "\(lowest) to \($0)" } ?? "at least \(lowest)"
    throw ValidationError("--\(name) is \(value); expected \(expected)\(remark).")
  }
}

/// What a command says beside its result.
struct NoteOptions: ParsableArguments {
  @Flag(name: [.customShort("q"), .long], help: "Show no progress and no notes.")
  var quiet = false

  /// Tells the user something on standard error, unless asked to be quiet.
  func note(_ text: String) {
    if !quiet { StandardError.print(text) }
  }

  /// Says where `tokenizer`, read from `path`, was made with another ICU.
  func noteUnicode(of tokenizer: any TextTokenizer, at path: FilePath) {
    if let difference = tokenizer.normalizer.unicodeDifference { note("\(path): \(difference)") }
  }
}

/// How a command reports.
struct ReportOptions: ParsableArguments {
  @Flag(help: "Print the result as one JSON document.")
  var json = false

  @OptionGroup var notes: NoteOptions

  var quiet: Bool { notes.quiet }

  /// Tells the user something on standard error, unless asked to be quiet.
  func note(_ text: String) { notes.note(text) }

  /// Prints `report` on standard output as it was asked for.
  func print(_ report: some Report) throws {
    try print(text: report.text, json: report.fields)
  }

  /// Prints `text`, or `json` if that was asked for; the other is not computed.
  func print(
    text: @autoclosure () throws -> String, json: @autoclosure () throws -> JSONFields
  ) throws {
    if self.json {
      try StandardOutput.print(json())
    } else {
      try StandardOutput.write(text())
    }
  }
}

/// How many threads a command works with.
struct ThreadOptions: ParsableArguments {
  @Option(name: [.customShort("t"), .long], help: "Threads. (default: one per processor)")
  var threads: Int?

  func validate() throws { try Self.require("threads", threads, from: 1, to: 1024) }

  /// The number of threads.
  var count: Int { threads ?? Workers.available }
}

/// The text that a command reads.
struct InputOptions: ParsableArguments {
  @Argument(help: "Text files, directories of them, or - for standard input.")
  var inputs: [String]

  @Option(help: "The field of a .jsonl line that holds its text.")
  var textField = "text"

  @Option(help: "Read at most this many bytes of text. (default: all)")
  var maxBytes: Int?

  func validate() throws { try Self.require("max-bytes", maxBytes, from: 1) }

  /// The documents of the text.
  ///
  /// - Throws: `FileError`, `InputError`.
  func source() throws -> DocumentSource {
    try DocumentSource(inputs: inputs, textField: textField, maximumByteCount: maxBytes)
  }
}

/// The tokenizer that a command uses.
struct TokenizerOption: ParsableArguments {
  @Option(help: "The tokenizer: a directory or file.")
  var tokenizer: String

  /// Reads the tokenizer, as ``TokenizerStore/load(_:pattern:unicode:notes:)``.
  func load(unicode: UnicodeVersion? = nil, notes: NoteOptions) throws -> any TextTokenizer {
    try TokenizerStore.load(FilePath(tokenizer), unicode: unicode, notes: notes)
  }
}

extension TokenizerStore {
  /// Reads the tokenizer at `path` and says where it was made with another ICU.
  ///
  /// - Throws: as ``load(_:pattern:unicode:)``.
  static func load(
    _ path: FilePath, pattern: SplitPattern? = nil, unicode: UnicodeVersion? = nil,
    notes: NoteOptions
  ) throws -> any TextTokenizer {
    let tokenizer = try load(path, pattern: pattern, unicode: unicode)
    notes.noteUnicode(of: tokenizer, at: path)
    return tokenizer
  }
}

extension UnicodeVersion: ExpressibleByArgument {
  /// The version that an argument like `9.0` names.
  public init?(argument: String) { self.init(argument) }
}

/// By which Unicode to normalise, on the command line.
struct UnicodeOptions: ParsableArguments {
  @Option(
    help: """
      Normalise by this version of Unicode, such as \(UnicodeVersion.tokenizers), that of \
      Hugging Face's tokenizers: later characters are left alone.
      """)
  var unicode: UnicodeVersion?

  func validate() throws {
    if let unicode, UnicodeVersion.icu < unicode {
      throw ValidationError(
        "--unicode is \(unicode); expected at most \(UnicodeVersion.icu), that of this ICU.")
    }
  }
}

/// The data directory that a command reads.
struct DataInput: ParsableArguments {
  @Argument(help: "The data directory.")
  var directory: String

  /// Opens the directory.
  ///
  /// - Throws: `FileError`, `DataError`.
  func open() throws -> TokenData { try TokenData(directory: FilePath(directory)) }
}

/// What decides all chance of a command: a number from 0 to 2⁶³ − 1, which JSON can carry.
struct Seed {
  let value: UInt64

  /// The seed of what need not be different from call to call.
  static let zero = Seed(value: 0)

  /// A seed by chance, short enough to be typed again.
  static func drawn() -> Seed { Seed(value: .random(in: 0..<1 << 32)) }
}

extension Seed: ExpressibleByArgument {
  init?(argument: String) {
    guard let number = Int64(argument), number >= 0 else { return nil }
    value = UInt64(number)
  }

  var defaultValueDescription: String { String(value) }
}
