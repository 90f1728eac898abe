public import ArgumentParser
import CRATELM
import Parallel
import Storage
import SystemPackage
import TextModels
public import Tokenizer

extension ParsableArguments {
  /// Refuses a `value` of the option `name` below `lowest` or above `highest`; `nil` stands for an
  /// option left out, or for no upper limit.
  ///
  /// - Throws: `ValidationError`, whose sentence ends in `remark`.
  static func require(
    _ name: String, _ value: Int?, from lowest: Int, to highest: Int? = nil, remark: String = ""
  ) throws {
    guard let value, value < lowest || value > highest ?? .max else { return }
    let expected = highest.map { "\(lowest) to \($0)" } ?? "at least \(lowest)"
    throw ValidationError("--\(name) is \(value); expected \(expected)\(remark).")
  }

  /// Refuses a `value` of the option `name` that is not a positive number, or 0 if that is allowed.
  ///
  /// - Throws: `ValidationError`.
  static func requirePositive(_ name: String, _ value: Double?, orZero: Bool = false) throws {
    guard let value, !(value.isFinite && (value > 0 || orZero && value == 0)) else { return }
    throw ValidationError(
      "--\(name) is \(value); expected a number \(orZero ? "of at least" : "above") 0.")
  }
}

/// The option that silences a command's notes.
struct NoteOptions: ParsableArguments {
  @Flag(name: [.customShort("q"), .long], help: "Show no progress and no notes.")
  var quiet = false

  /// Tells the user something on standard error, unless asked to be quiet.
  func note(_ text: String) {
    if !quiet { StandardError.print(text) }
  }

  /// Tells something while another thread may be drawing a progress line.
  func interject(_ text: String) { if !quiet { ProgressScreen.interject(text) } }

  /// Tells the user how the rank file at `path` is read, unless it is a published one: such files do
  /// not say how text is split.
  func noteSplit(of tokenizer: any TextTokenizer, at path: FilePath) {
    guard let tokenizer = tokenizer as? ByteLevelBPETokenizer,
      !Self.publishedSizes.contains(tokenizer.vocabularySize)
    else { return }
    note(
      """
      \(path) does not say how text is split; by its size it is split as by \
      \(tokenizer.pattern.rawValue). 'crate-lm tokenizer convert --family NAME' makes a file that \
      says it.
      """)
  }

  /// The ids of r50k, p50k, cl100k and o200k, special tokens included.
  private static let publishedSizes = [50_257, 50_281, 100_277, 200_019]

  /// Tells the user if `tokenizer`, read from `path`, was made with another ICU, or asks for what
  /// is not done unless it is asked for here.
  func noteParts(of tokenizer: any TextTokenizer, at path: FilePath) {
    if let difference = tokenizer.normalizer.unicodeDifference { note("\(path): \(difference)") }
    let batching = tokenizer.batching
    let asked = [
      batching.truncation.map { "to cut texts to \($0.maximumLength) tokens" },
      batching.padding.map { padding in
        "to fill texts up with \(padding.token.content)"
          + (padding.fixedLength.map { " to \($0) tokens" } ?? "")
      },
    ].compactMap(\.self)
    if !asked.isEmpty {
      note("\(path) asks \(asked.joined(separator: " and ")), which is not done here.")
    }
  }
}

/// The form of a command's report.
struct ReportOptions: ParsableArguments {
  @Flag(help: "Print the result as one JSON document.")
  var json = false

  @OptionGroup var notes: NoteOptions

  var quiet: Bool { notes.quiet }

  /// Tells the user something on standard error, unless asked to be quiet.
  func note(_ text: String) { notes.note(text) }

  /// Prints a note while another thread may be drawing a progress line.
  func interject(_ text: String) { notes.interject(text) }

  /// Prints `report` on standard output, as text or as JSON.
  func print(_ report: some Report) throws {
    try print(text: report.text, json: report.fields)
  }

  /// Prints `json` if the user asks for it, otherwise `text`; computes only that one.
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

/// The number of threads of a command.
struct ThreadOptions: ParsableArguments {
  @Option(
    name: [.customShort("t"), .long], number: "The number of threads. (default: one per processor)")
  var threads: Int?

  func validate() throws { try Self.require("threads", threads, from: 1, to: 1024) }

  /// The number of threads.
  var count: Int { threads ?? Workers.available }
}

/// The text that a command reads.
struct InputOptions: ParsableArguments {
  @Argument(help: "Text files, directories of them, or - for standard input.")
  var inputs: [PathArgument]

  @OptionGroup var form: TextOptions

  @Option(number: "Read at most this many bytes of text. (default: all)")
  var maxBytes: Int?

  func validate() throws { try Self.require("max-bytes", maxBytes, from: 1) }

  /// The documents of the text.
  ///
  /// - Parameter log: told what is passed over and what reading comes upon.
  /// - Returns: the documents.
  /// - Throws: `FileError`, `InputError`.
  func source(log: ReadingLog) throws -> DocumentSource {
    try form.source(inputs, limit: maxBytes, log: log)
  }

  /// The inputs and the options that they are read with, as words of a command line.
  var words: String {
    get throws {
      (inputs.map(\.argument) + TextOptions.words(for: try form.form())).map(\.shellWord)
        .joined(separator: " ")
    }
  }
}

/// The tokenizer that a command uses.
struct TokenizerOption: ParsableArguments {
  @Option(
    help: "The tokenizer: a directory, or a file in any form that 'tokenizer convert' reads.")
  var tokenizer: String

  /// Reads the tokenizer, as ``TokenizerStore/load(_:pattern:unicode:notes:)``.
  func load(unicode: UnicodeVersion? = nil, notes: NoteOptions) throws -> any TextTokenizer {
    try TokenizerStore.load(RawBytes.path(tokenizer), unicode: unicode, notes: notes)
  }
}

extension TokenizerStore {
  /// Reads the tokenizer at `path` and tells the user if it was made with another ICU.
  ///
  /// - Throws: as ``load(_:pattern:unicode:)``.
  static func load(
    _ path: FilePath, pattern: SplitPattern? = nil, unicode: UnicodeVersion? = nil,
    notes: NoteOptions
  ) throws -> any TextTokenizer {
    let tokenizer = try load(path, pattern: pattern, unicode: unicode)
    notes.noteParts(of: tokenizer, at: path)
    if pattern == nil, path.extension == "tiktoken" { notes.noteSplit(of: tokenizer, at: path) }
    return tokenizer
  }
}

extension UnicodeVersion: ExpressibleByArgument {
  /// The version that an argument like `9.0` names.
  public init?(argument: String) { self.init(argument) }
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

/// The data directory that a command reads.
struct DataInput: ParsableArguments {
  @Argument(help: "The data directory, made by 'data pack'.")
  var directory: String

  /// Opens the directory.
  ///
  /// - Throws: `FileError`, `DataError`.
  func open() throws -> TokenData { try TokenData(directory: RawBytes.path(directory)) }
}

/// The number that decides all chance of a command: 0 to 2⁶³ − 1, which JSON can carry.
struct Seed {
  let value: UInt64

  /// The seed of choices that need not differ between calls.
  static let zero = Seed(value: 0)

  /// A random seed, short enough to be typed again.
  static func drawn() -> Seed { Seed(value: .random(in: 0..<1 << 32)) }
}

extension Seed: ExpressibleByArgument {
  init?(argument: String) {
    guard let number = Int64(argument), number >= 0 else { return nil }
    value = UInt64(number)
  }

  var defaultValueDescription: String { String(value) }
}
