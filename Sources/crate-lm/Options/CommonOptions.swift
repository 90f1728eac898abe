import ArgumentParser
import CRATELM
import Parallel
import Storage
import SystemPackage
import TextModels
import Tokenizer

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

  /// Tells the user if `tokenizer`, read from `path`, has published ranks that are split as asked and
  /// not as published.
  func noteSplit(of tokenizer: any TextTokenizer, at path: FilePath) {
    guard let tokenizer = tokenizer as? ByteLevelBPETokenizer,
      case .given(let ranks?) = tokenizer.splitSource, ranks.pattern != tokenizer.pattern
    else { return }
    note(
      "\(path) has the ranks of \(ranks.rawValue), which tiktoken splits by "
        + "\(ranks.pattern.rawValue); text is split by \(tokenizer.pattern.rawValue), as asked.")
  }

  /// Tells the user if `tokenizer`, read from `path`, was made with another ICU, or asks for what
  /// is done on request and was not asked for in `request`.
  func noteParts(
    of tokenizer: any TextTokenizer, at path: FilePath, _ request: BatchRequest = BatchRequest()
  ) {
    if let difference = tokenizer.normalizer.unicodeDifference { note("\(path): \(difference)") }
    let batching = tokenizer.batching
    let asked = [
      (request.truncates ? nil : batching.truncation)
        .map { "to cut texts to \($0.maximumLength.counting("token"))" },
      (request.pads ? nil : batching.padding).map { padding in
        "to fill texts up with \(padding.token.content)"
          + (padding.fixedLength.map { " to \($0.counting("token"))" } ?? "")
      },
    ].compactMap(\.self)
    if !asked.isEmpty {
      note(
        "\(path) asks \(asked.joined(separator: " and ")), which only 'tokenizer encode' does, by "
          + "--truncate and --pad.")
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

extension Seed: TypedValue, CustomStringConvertible {
  static let expectation = "a whole number from 0 to \(Int64.max)"

  static func read(_ text: String) -> Seed? {
    Int64(text).flatMap { $0 >= 0 ? Seed(value: UInt64($0)) : nil }
  }

  var description: String { String(value) }
}
